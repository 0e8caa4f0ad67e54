"""Claims about the cluster query language: what it matches, how it binds, and where it says it was not understood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.instance import ContainerInstance, Room
from ecslab.scheduler.placement import MEMBER, Demand, place
from ecslab.scheduler.query import MOST_CHARACTERS, Chain, Comparison, Not, QueryError, parse
from tests.scheduler.test_placement import definition, pick, room

INSTANCE = ContainerInstance(
    arn="arn:aws:ecs:us-east-1:123456789012:container-instance/default/a",
    cluster_name="default",
    ec2_instance_id="i-a",
    cpu=2048,
    memory=4096,
    eni_limit=2,
    registered_at=datetime(2026, 1, 2, tzinfo=UTC).timestamp(),
    availability_zone="us-east-1a",
    agent_connected=True,
    agent_version="1.105.1",
    attributes={"ecs.instance-type": "t3.medium", "stack": "prod", "empty": "", "rank": "10"},
)
ROOM = Room(
    instance=INSTANCE, cpu=0, memory=0, enis=0, ports=frozenset(), tasks=3, groups={"service:web": 2, "family:job": 1}
)


@pytest.mark.parametrize(
    "text",
    [
        "attribute:ecs.instance-type == t3.medium",
        "attribute:ecs.instance-type equals 't3.medium'",
        'attribute:ecs.instance-type != "t3.small"',
        "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
        "attribute:ecs.availability-zone not_in ['us-east-1c', \"us-east-1b\"]",
        "attribute:ecs.instance-type =~ t3.*",
        "attribute:ecs.instance-type !~ m5.*",
        "attribute:ecs.instance-type matches t3.med.*",
        "attribute:ecs.instance-type =~ '(t3|m5)\\.medium'",
        "attribute:stack exists",
        "attribute:empty exists",
        "attribute:gpu !exists",
        "attribute:gpu not_exists and attribute:stack==prod",
        "attribute:gpu != v100",
        "attribute:rank > 9",
        "attribute:rank less_than_equal 10",
        "agentVersion >= 1.99.9",
        "agentConnected == true",
        "ec2InstanceId in [i-a]",
        "registeredAt >= 2026-01-01",
        "registeredAt < 2026-01-03T00:00:00Z",
        "runningTasksCount < 10",
        "task:group == service:web",
        "task:group != service:db",
        "not(task:group == service:db)",
        "!(attribute:gpu exists)",
        "not not attribute:stack exists",
        "attribute:gpu exists or attribute:stack exists && agentConnected == true",
        "(attribute:gpu exists || attribute:stack exists) AND runningTasksCount equals 3",
    ],
)
def test_it_matches(text: str) -> None:
    assert parse(text).holds(ROOM)
    assert parse(text).why_not(ROOM) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("attribute:stack == test", "attribute:stack == test does not hold: it has prod"),
        ("attribute:gpu == v100", "it has no attribute:gpu"),
        ("attribute:gpu =~ .*", "it has no attribute:gpu"),
        ("attribute:stack != prod", "attribute:stack != prod does not hold: it has prod"),
        ("task:group == service:db", "it has service:web, family:job"),
        ("task:group != service:web", "it has service:web, family:job"),
        ("runningTasksCount > 10", "it has 3"),
        ("agentVersion < 1.99.9", "it has 1.105.1"),
        ("attribute:ecs.instance-type =~ t3", "it has t3.medium"),
        ("not attribute:stack exists", "attribute:stack exists holds, and must not"),
        ("attribute:stack exists and attribute:gpu exists", "it has no attribute:gpu"),
        ("attribute:gpu exists or attribute:stack in [a, b]", "attribute:stack in [a, b] does not hold: it has prod"),
    ],
)
def test_it_says_why_an_instance_does_not_match(text: str, why: str) -> None:
    assert not parse(text).holds(ROOM)
    assert why in parse(text).why_not(ROOM)


def test_and_binds_closer_than_or_and_not_closer_still() -> None:
    a, b, c = (Comparison(f"attribute:{name}", "exists") for name in "abc")
    assert parse("attribute:a exists or attribute:b exists and attribute:c exists") == Chain(
        "or", (a, Chain("and", (b, c)))
    )
    assert parse("not attribute:a exists and attribute:b exists") == Chain("and", (Not(a), b))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the expression ends at character 0 where a subject"),
        ("stack == prod", "'stack' at character 1 is no subject"),
        ("attribute:stack prod", "'prod' at character 17 is no operator"),
        ("attribute:stack = prod", "'=' at character 17 is not understood"),
        ("attribute:stack ==", "where something to compare attribute:stack with is expected"),
        ("attribute:stack in prod", "wants a list"),
        ("attribute:stack == [a, b]", "is no value for '=='"),
        ("attribute:stack =~ '(a'", "is no regular expression"),
        ("(attribute:stack exists", "the parenthesis at character 1 is not closed"),
        ("attribute:stack exists)", "')' at character 23 is too much"),
        ("attribute:stack == prod attribute:rank > 1", "is too much; join with and, or"),
        ("attribute:stack exists and", "where a subject"),
        ("attribute:a exists and " * 200, f"at most {MOST_CHARACTERS} characters"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(QueryError) as wrong:
        parse(text)
    assert says in str(wrong.value)


LEAVES = st.builds(
    Comparison,
    st.sampled_from(["attribute:stack", "attribute:gpu", "runningTasksCount", "task:group"]),
    st.sampled_from(["==", "!=", ">", "<="]),
    st.tuples(st.sampled_from(["prod", "3", "service:web"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Chain, st.sampled_from(["and", "or"]), st.tuples(inner, inner)),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_it_prints_means_the_same_again(tree: Comparison | Not | Chain) -> None:
    again = parse(str(tree))
    assert again.holds(ROOM) == tree.holds(ROOM)
    assert bool(tree.why_not(ROOM)) != tree.holds(ROOM)


@given(st.text(alphabet="abt:.=!~<>()[]'\"&|, einotrd", max_size=40))
def test_no_text_ends_in_anything_but_an_expression_or_a_query_error(text: str) -> None:
    try:
        parse(text).holds(ROOM)
    except QueryError:
        pass


def test_placement_honours_the_constraints_of_the_definition_and_of_the_run() -> None:
    rooms = [room("a", attributes={"stack": "prod", "disk": "ssd"}), room("b", attributes={"stack": "prod"})]
    prod = replace(definition(), placement_constraints=(("memberOf", "attribute:stack == prod"),))
    ssd = ({"type": "memberOf", "expression": "attribute:disk == ssd"},)
    assert {place(Demand(definition=prod, group="g"), rooms, pick).instance_arn} <= {"arn:instance/a", "arn:instance/b"}
    assert place(Demand(definition=prod, group="g", constraints=ssd), rooms, pick).instance_arn == "arn:instance/a"
    nowhere = place(Demand(definition=prod, group="g", constraints=ssd), rooms[1:], pick)
    assert nowhere.instance_arn is None
    assert nowhere.verdicts[0].reason == MEMBER
    assert nowhere.verdicts[0].detail == "attribute:disk == ssd does not hold: it has no attribute:disk"
