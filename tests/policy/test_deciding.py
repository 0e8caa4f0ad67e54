"""Claims about decisions: who may do what, which statement said so, and the laws that hold for every policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.policy import (
    Ask,
    Decision,
    Kind,
    Principal,
    Reason,
    decide,
    decide_trust,
    denial_message,
    explain,
    parse,
)
from tests.policy.written import ECS, ME, ROLE, allow, ask, deny, may, policy


def test_an_arn_that_is_covered_is_allowed_and_another_is_not() -> None:
    read = allow("s3:GetObject", "arn:aws:s3:::menu/*")
    assert may(ask("s3:GetObject", "arn:aws:s3:::menu/today.txt"), read)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::orders/1"), read)
    assert not may(ask("s3:PutObject", "arn:aws:s3:::menu/today.txt"), read)


def test_actions_have_no_case_and_arns_have() -> None:
    assert may(ask("S3:getobject", "arn:aws:s3:::a/b"), allow("s3:Get*", "arn:aws:s3:::a/?"))
    assert not may(ask("s3:GetObject", "arn:aws:s3:::A/b"), allow("s3:Get*", "arn:aws:s3:::a/?"))


def test_a_condition_must_be_met() -> None:
    only = allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "orders/*"}})
    assert may(ask("s3:ListBucket", s3_prefix="orders/2026"), only)
    assert not may(ask("s3:ListBucket", s3_prefix="payroll/"), only)
    assert not may(ask("s3:ListBucket"), only)


def test_not_action_and_not_resource_leave_out_what_they_name() -> None:
    most = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert may(ask("s3:GetObject"), most)
    assert not may(ask("iam:CreateUser"), most)
    elsewhere = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::payroll/*"}
    assert may(ask("s3:GetObject", "arn:aws:s3:::menu/a"), elsewhere)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::payroll/a"), elsewhere)


def test_pass_role_can_be_bound_to_a_role_and_a_service() -> None:
    passing = allow(
        "iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    )
    assert may(ask("iam:PassRole", ROLE, iam_PassedToService="ecs-tasks.amazonaws.com"), passing)
    assert not may(ask("iam:PassRole", ROLE, iam_PassedToService="lambda.amazonaws.com"), passing)
    assert not may(ask("iam:PassRole", f"{ROLE}2", iam_PassedToService="ecs-tasks.amazonaws.com"), passing)


def test_variables_are_filled_from_the_request() -> None:
    own = allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")
    assert may(ask("s3:GetObject", "arn:aws:s3:::home/ann/a", aws_username="ann"), own)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::home/bob/a", aws_username="ann"), own)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::home//a"), own)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::home/bob/a", aws_username="*"), own)
    named = allow("s3:GetObject", "arn:aws:s3:::home/${aws:username, 'guest'}/*")
    assert may(ask("s3:GetObject", "arn:aws:s3:::home/guest/a"), named)
    star = allow("s3:GetObject", "arn:aws:s3:::home/${*}")
    assert may(ask("s3:GetObject", "arn:aws:s3:::home/*"), star)
    assert not may(ask("s3:GetObject", "arn:aws:s3:::home/x"), star)


def test_an_old_document_has_no_variables() -> None:
    old = parse({"Statement": allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}")}, name="p")
    assert not decide(ask("s3:GetObject", "arn:aws:s3:::home/ann", aws_username="ann"), identity=[old]).allowed
    assert decide(ask("s3:GetObject", "arn:aws:s3:::home/${aws:username}"), identity=[old]).allowed


def test_a_boundary_and_a_session_policy_only_take_away() -> None:
    wide, narrow = policy(allow("*")), policy(allow("ecs:*"), name="permissions boundary b", kind=Kind.BOUNDARY)
    assert decide(ask("ecs:RunTask"), identity=[wide], boundary=[narrow]).allowed
    outside = decide(ask("s3:GetObject"), identity=[wide], boundary=[narrow])
    assert outside.reason is Reason.BOUNDARY
    assert decide(ask("ecs:RunTask"), identity=[], boundary=[narrow]).reason is Reason.NO_IDENTITY_ALLOW
    assert decide(ask("s3:GetObject"), identity=[wide], session=[policy(allow("ecs:*"))]).reason is Reason.SESSION
    assert decide(ask("s3:GetObject"), identity=[wide], boundary=[]).reason is Reason.BOUNDARY


def test_a_resource_policy_grants_within_the_account_and_is_not_enough_across_accounts() -> None:
    grant = policy(allow("s3:GetObject") | {"Principal": {"AWS": ROLE}}, kind=Kind.RESOURCE, name="bucket policy")
    assert decide(ask("s3:GetObject"), identity=[], resource=[grant]).allowed
    assert not decide(ask("s3:GetObject"), identity=[], resource=[grant], same_account=False).allowed
    alone = decide(ask("s3:GetObject"), identity=[policy(allow("*"))], same_account=False)
    assert alone.reason is Reason.NO_RESOURCE_ALLOW


def trusted(principal: Principal, statement: dict[str, Any], **context: str) -> Decision:
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole"} | statement, kind=Kind.TRUST, name="trust policy")
    return decide_trust(ask("sts:AssumeRole", ROLE, **context), trust, principal)


TASKS = Principal(kind="Service", name="ecs-tasks.amazonaws.com")
DEPUTY = {
    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    "Condition": {
        "ArnLike": {"aws:SourceArn": f"{ECS}:*"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    },
}


def test_only_the_service_that_a_role_trusts_may_assume_it() -> None:
    assert trusted(TASKS, {"Principal": {"Service": "ecs-tasks.amazonaws.com"}}).allowed
    assert trusted(TASKS, {"Principal": {"Service": "ecs.amazonaws.com"}}).reason is Reason.TRUST
    assert not trusted(TASKS, {"Principal": {"AWS": "123456789012"}}).allowed


def test_the_confused_deputy_keys_hold() -> None:
    source = {"aws_SourceArn": f"{ECS}:task/default/1", "aws_SourceAccount": "123456789012"}
    assert trusted(TASKS, DEPUTY, **source).allowed
    assert not trusted(TASKS, DEPUTY, **(source | {"aws_SourceAccount": "111111111111"})).allowed
    cluster = DEPUTY | {"Condition": {"ArnEquals": {"aws:SourceArn": f"{ECS}:cluster/default"}}}
    assert not trusted(TASKS, cluster, **source).allowed


@pytest.mark.parametrize("name", ["*", "123456789012", "arn:aws:iam::123456789012:root", ROLE, ME])
def test_a_session_is_known_by_its_account_its_role_and_itself(name: str) -> None:
    assert trusted(Principal(kind="AWS", name=ME), {"Principal": {"AWS": name}}).allowed


def test_a_denial_names_its_statement() -> None:
    decision = decide(ask("s3:GetObject"), identity=[policy(allow("*"), deny("s3:*", Sid="NoFiles"))])
    assert denial_message(decision, ask("s3:GetObject")) == (
        f"User: {ME} is not authorized to perform: s3:GetObject on resource: * "
        "with an explicit deny in an identity-based policy"
    )
    assert explain(decision, ask("s3:GetObject"))[0] == "Statement NoFiles of policy/p denies s3:GetObject."
    assert decision.outcome == "explicitDeny"


def test_where_nothing_allows_the_nearest_miss_is_told() -> None:
    asked = ask("s3:GetObject", "arn:aws:s3:::orders/1")
    held = [policy(allow("ec2:*"), allow("s3:GetObject", "arn:aws:s3:::menu/*", Sid="Menu"))]
    decision = decide(asked, identity=held)
    assert decision.outcome == "implicitDeny"
    assert "because no identity-based policy allows the s3:GetObject action" in denial_message(decision, asked)
    assert explain(decision, asked)[1] == (
        "The nearest is statement Menu of policy/p, but its Resource arn:aws:s3:::menu/* does not cover "
        "arn:aws:s3:::orders/1."
    )
    assert "no such policy" in explain(decide(asked, identity=[]), asked)[1]


STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource, condition: {
            "Effect": effect,
            "Action": action,
            "Resource": resource,
            **({"Condition": condition} if condition else {}),
        },
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "ecs:RunTask"]),
        st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/1", "arn:aws:s3:::b"]),
        st.sampled_from([None, {"StringEquals": {"test:k": "1"}}, {"StringNotEquals": {"test:k": "1"}}]),
    ),
    min_size=1,
    max_size=5,
)
ASKS = st.builds(
    lambda action, resource, k: Ask(principal=ME, action=action, resource=resource, context={"test:k": k} if k else {}),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "ecs:RunTask"]),
    st.sampled_from(["arn:aws:s3:::a/1", "arn:aws:s3:::b", "*"]),
    st.sampled_from([None, ("1",), ("2",)]),
)


def outcome(asked: Ask, statements: Sequence[dict[str, Any]]) -> Decision:
    return decide(asked, identity=[policy(*statements)])


@given(ASKS, STATEMENTS, st.randoms())
def test_the_order_of_statements_does_not_matter(asked: Ask, statements: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(statements)
    chance.shuffle(shuffled)
    assert outcome(asked, statements).outcome == outcome(asked, shuffled).outcome


@given(ASKS, STATEMENTS)
def test_one_more_deny_never_allows_and_one_more_allow_never_lifts_a_deny(
    asked: Ask, statements: list[dict[str, Any]]
) -> None:
    before = outcome(asked, statements)
    if not before.allowed:
        assert not outcome(asked, [*statements, deny("s3:*")]).allowed
    if before.reason is Reason.EXPLICIT_DENY:
        assert outcome(asked, [*statements, allow("*")]).reason is Reason.EXPLICIT_DENY
    assert not outcome(asked, [*statements, deny("*")]).allowed


@given(ASKS, STATEMENTS)
def test_a_boundary_never_adds_and_every_statement_is_accounted_for(
    asked: Ask, statements: list[dict[str, Any]]
) -> None:
    bounded = decide(asked, identity=[policy(*statements)], boundary=[policy(allow("s3:Get*"))])
    assert not (bounded.allowed and not outcome(asked, statements).allowed)
    assert len(bounded.considered) == len(statements) + 1
    assert all(looked.why for looked in bounded.considered)


def test_a_wildcard_allows_everything() -> None:
    assert may(ask("anything:AtAll", "arn:aws:x:y:z:w"), allow("*"))
    assert may(ask("iam:CreateUser"), allow("*:*"))


def test_without_any_policy_nothing_is_allowed() -> None:
    assert decide(ask("s3:GetObject"), identity=[]).reason is Reason.NO_IDENTITY_ALLOW


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_an_explicit_deny_wins_wherever_it_stands(where: str) -> None:
    everything, nothing = policy(allow("*")), policy(allow("*"), deny("s3:*"))
    papers = {name: [everything] for name in ("identity", "boundary", "session")} | {"resource": []}
    if where == "resource":
        nothing = policy(deny("s3:*") | {"Principal": "*"}, kind=Kind.RESOURCE, name="bucket policy")
    assert decide(ask("s3:GetObject"), **papers).allowed
    denied = decide(ask("s3:GetObject"), **(papers | {where: [nothing]}))
    assert denied.reason is Reason.EXPLICIT_DENY


def test_a_missing_allow_is_told_before_a_boundary_that_lacks_it_too() -> None:
    limits = [policy(allow("ecs:*"), kind=Kind.BOUNDARY)]
    assert decide(ask("s3:GetObject"), identity=[], boundary=limits).reason is Reason.NO_IDENTITY_ALLOW


def test_across_accounts_both_sides_must_allow() -> None:
    own = [policy(allow("s3:*"))]
    grant = policy(allow("s3:*") | {"Principal": {"AWS": "123456789012"}}, kind=Kind.RESOURCE, name="bucket policy")
    assert decide(ask("s3:GetObject"), identity=own, resource=[grant], same_account=False).allowed
    limits = [policy(allow("ecs:*"), kind=Kind.BOUNDARY)]
    held = decide(ask("s3:GetObject"), identity=own, boundary=limits, resource=[grant], same_account=False)
    assert held.reason is Reason.BOUNDARY


def test_a_trust_policy_can_deny_and_everybody_is_everybody() -> None:
    assert trusted(TASKS, {"Principal": "*"}).allowed
    assert trusted(Principal(kind="Federated", name="accounts.google.com"), {"Principal": "*"}).allowed
    refused = trusted(TASKS, {"Principal": "*", "Effect": "Deny"})
    assert refused.reason is Reason.EXPLICIT_DENY


@given(ASKS, STATEMENTS, STATEMENTS)
def test_more_denies_never_allow_more_and_more_allows_never_allow_less(
    asked: Ask, statements: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    denies = [one | {"Effect": "Deny"} for one in more]
    allows = [one | {"Effect": "Allow"} for one in more]
    before = outcome(asked, statements)
    assert before.allowed or not outcome(asked, [*statements, *denies]).allowed
    assert not before.allowed or outcome(asked, [*statements, *allows]).allowed
    if before.reason is Reason.EXPLICIT_DENY:
        assert outcome(asked, [*statements, *allows]).reason is Reason.EXPLICIT_DENY


@given(ASKS, STATEMENTS)
def test_one_document_of_all_statements_decides_like_one_document_for_each(
    asked: Ask, statements: list[dict[str, Any]]
) -> None:
    apart = decide(asked, identity=[policy(one) for one in statements])
    assert apart.outcome == outcome(asked, statements).outcome


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_a_statement_with_a_variable_without_value_does_not_apply(element: str) -> None:
    home = {"Effect": "Allow", "Action": "s3:*", element: "arn:aws:s3:::home/${aws:username}/*"}
    assert not may(ask("s3:GetObject", "arn:aws:s3:::home/ann/a"), home)
    assert may(ask("s3:GetObject", "arn:aws:s3:::menu/a", aws_username="ann"), home) is (element == "NotResource")
