"""Claims about policy documents: well-formed ones are read whole, malformed ones are refused with what to try."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.errors import MalformedPolicyDocument
from ecslab.policy import Effect, Kind, Position, parse

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUSTING = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}


def document(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def refused(text: str, kind: Kind = Kind.IDENTITY) -> str:
    with pytest.raises(MalformedPolicyDocument) as caught:
        parse(text, name="policy/x", kind=kind)
    assert caught.value.code == "MalformedPolicyDocument"
    assert "policy/x" in caught.value.message
    return caught.value.message


def test_one_statement_may_stand_without_a_list() -> None:
    found = parse(json.dumps({"Version": "2012-10-17", "Statement": GOOD | {"Sid": "Read"}}), name="p")
    (statement,) = found.statements
    assert (statement.sid, statement.effect, statement.actions) == ("Read", Effect.ALLOW, ("s3:GetObject",))
    assert statement.label == "statement Read"
    assert found.has_variables


def test_without_a_version_there_are_no_variables() -> None:
    assert not parse(json.dumps({"Statement": [GOOD]}), name="p").has_variables


def test_values_may_be_lists_numbers_and_truths() -> None:
    condition = {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": [True, "false"]}}
    (statement,) = parse(document(GOOD | {"Condition": condition}), name="p").statements
    assert [(c.key, c.values) for c in statement.conditions] == [
        ("s3:max-keys", ("10",)),
        ("aws:SecureTransport", ("true", "false")),
    ]


MALFORMED = [
    ("{not json", "not JSON"),
    ('{"Version": "2012-10-17",}', "line 1"),
    ("[]", "not a JSON object"),
    ("{}", "no Statement"),
    (document(), "no Statement"),
    (document(GOOD, Version="2012-10-18"), "2012-10-17"),
    (document(GOOD, Statements=[]), "Statements"),
    (document("s3:*"), "statement 1"),
    (document(GOOD | {"Effect": "allow"}), '"Allow" or "Deny"'),
    (document(GOOD, {"Effect": "Allow", "Resource": "*"}), "statement 2: it has no Action"),
    (document(GOOD | {"NotAction": "s3:*"}), "Action and NotAction"),
    (document(GOOD | {"Action": "s3.GetObject"}), "service:Action"),
    (document(GOOD | {"Action": []}), "a text or a list of texts"),
    (document({"Effect": "Allow", "Action": "s3:*"}), "no Resource"),
    (document(GOOD | {"Resource": "menu/*"}), "ARN format"),
    (document(GOOD | {"NotResource": "*"}), "Resource and NotResource"),
    (document(GOOD | {"Principal": "*"}), "whoever the policy is attached to"),
    (document(GOOD | {"Condition": {"StringEqual": {"a": "b"}}}), "StringEqual"),
    (document(GOOD | {"Condition": {"StringEquals": "b"}}), "StringEquals"),
    (document(GOOD | {"Condition": {"StringEquals": {"a:b": {"b": 1}}}}), "texts, numbers"),
    (document(GOOD | {"Sid": "a"}, GOOD | {"Sid": "a"}), "Sid 'a'"),
    (document(GOOD | {"Sid": "read it"}), "letters and digits"),
    (document(GOOD | {"Actions": "s3:*"}), "Actions"),
    ('{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}', "stands twice"),
]


@pytest.mark.parametrize(("text", "said"), MALFORMED)
def test_a_malformed_document_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (TRUSTING | {"Resource": "*"}, "the role itself"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "no Principal"),
        (TRUSTING | {"Principal": {"Service": "ecs-tasks"}}, "ecs-tasks.amazonaws.com"),
        (TRUSTING | {"Principal": {"AWS": "bob"}}, "Invalid principal"),
        (TRUSTING | {"Principal": {"Aws": "*"}}, "principal type"),
    ],
)
def test_a_malformed_trust_policy_is_refused(statement: dict[str, Any], said: str) -> None:
    assert said in refused(document(statement), Kind.TRUST)


def test_a_trust_policy_names_who_may_assume_the_role() -> None:
    (statement,) = parse(document(TRUSTING), name="trust policy", kind=Kind.TRUST).statements
    assert statement.principals == {"Service": ("ecs-tasks.amazonaws.com",)}


RESOURCE = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::menu/*"}


def test_a_resource_policy_has_a_principal_and_may_have_a_sid_with_spaces() -> None:
    (statement,) = parse(document(RESOURCE | {"Sid": "public read"}), name="b", kind=Kind.RESOURCE).statements
    assert statement.principals == {"AWS": ("*",)}
    assert "no Principal" in refused(document(GOOD), Kind.RESOURCE)


@pytest.mark.parametrize(
    ("text", "kind", "aws"),
    [
        ("nothing", Kind.IDENTITY, "This policy contains invalid Json."),
        (document(GOOD, Version="2026-11-23"), Kind.IDENTITY, "The policy must contain a valid version string."),
        (document({"Action": "s3:*", "Resource": "*"}), Kind.IDENTITY, "Missing required field Effect."),
        (document({"Effect": "Allow", "Action": "s3:*"}), Kind.IDENTITY, "Missing required field Resource."),
        (document(GOOD | {"Principal": "*"}), Kind.IDENTITY, "Has prohibited field Principal."),
        (document(TRUSTING | {"Resource": "*"}), Kind.TRUST, "Has prohibited field Resource."),
        (document(GOOD | {"Action": "GetObject"}), Kind.IDENTITY, "Actions/Conditions must be prefaced by a vendor"),
        (document(GOOD | {"Resource": "menu"}), Kind.IDENTITY, 'Resource menu must be in ARN format or "*".'),
        (document(GOOD | {"Condition": {"Like": {"a:b": "c"}}}), Kind.IDENTITY, "Invalid Condition type : Like."),
        (document(GOOD | {"Condition": {"Bool": {"b": "c"}}}), Kind.IDENTITY, "Actions/Conditions must be prefaced"),
        (document(TRUSTING | {"Principal": {"AWS": "ann"}}), Kind.TRUST, 'Invalid principal in policy: "AWS":"ann".'),
        (
            document(TRUSTING | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}}),
            Kind.TRUST,
            "Invalid principal in policy",
        ),
        (document(TRUSTING | {"Action": "s3:GetObject"}), Kind.TRUST, "AssumeRole policy may only specify STS"),
        (document(GOOD | {"Sid": "a b"}), Kind.BOUNDARY, "Statement IDs (SID) must be alpha-numeric."),
    ],
)
def test_a_refusal_begins_with_the_sentence_of_aws(text: str, kind: Kind, aws: str) -> None:
    assert refused(text, kind).startswith(aws)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "It is empty."),
        ("file://policy.json", "file://policy.json"),
        ("{'Version': 1}", "double quotes"),
        ('{"Version": "2012-10-17", }', "comma before a closing brace"),
        ('{"Version" "2012-10-17"}', "missing comma, quote or brace"),
    ],
)
def test_text_that_is_no_json_is_told_what_to_look_for(text: str, advice: str) -> None:
    assert advice in refused(text)


def test_a_statement_knows_where_it_stands_in_the_text() -> None:
    text = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {
      "Effect": "Deny", "Action": "ecs:*", "Resource": "*"
    }
  ]
}"""
    first, second = parse(text, name="p").statements
    assert (first.start, first.end) == (Position(line=4, column=5), Position(line=4, column=59))
    assert (second.start, second.end) == (Position(line=5, column=5), Position(line=7, column=6))
    (alone,) = parse(json.dumps({"Statement": GOOD}), name="p").statements
    assert alone.start == Position(line=1, column=15)
    (mapped,) = parse({"Statement": GOOD}, name="p").statements
    assert mapped.start is None


TEXTS = st.one_of(
    st.sampled_from(["*", "s3:*", "s3:GetObject", "arn:aws:s3:::a", "Allow", "Deny"]), st.text(max_size=6)
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
STATEMENT = st.fixed_dictionaries(
    {},
    optional={
        "Sid": VALUES,
        "Effect": st.sampled_from(["Allow", "Deny", 1]),
        "Action": VALUES,
        "NotAction": VALUES,
        "Resource": VALUES,
        "Principal": VALUES,
        "Condition": VALUES | st.dictionaries(st.sampled_from(["Bool", "Null"]), VALUES, max_size=2),
    },
)


@given(st.one_of(VALUES, st.builds(lambda s: {"Version": "2012-10-17", "Statement": s}, st.lists(STATEMENT))))
def test_whatever_is_given_is_read_or_refused_and_reads_the_same_twice(wire: Any) -> None:
    for kind in Kind:
        try:
            first = parse(json.dumps(wire), name="p", kind=kind)
        except MalformedPolicyDocument:
            continue
        assert first == parse(json.dumps(wire, indent=2), name="p", kind=kind)
        assert first == parse(wire, name="p", kind=kind)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(MalformedPolicyDocument):
        parse(text, name="p")
