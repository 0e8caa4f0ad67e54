"""Claims about the words: AWS's sentence for each kind of denial, and what a learner is told."""

from __future__ import annotations

import pytest

from ecslab.policy import Kind, Principal, Reason, decide, decide_trust, denial_message, explain
from tests.policy.written import ACCOUNT, ME, ROLE, allow, ask, asked_of, deny, policy

ORDER = ask("s3:GetObject", "arn:aws:s3:::orders/1")
SAID = f"User: {ME} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::orders/1"
ALL, NONE, NEVER = policy(allow("*")), policy(allow("ecs:*")), policy(deny("s3:*"))
LOCKED = policy(deny("s3:*") | {"Principal": "*"}, kind=Kind.RESOURCE, name="bucket policy")


@pytest.mark.parametrize(
    ("papers", "ending"),
    [
        ({"identity": [NONE]}, "because no identity-based policy allows the s3:GetObject action"),
        ({"identity": [ALL], "boundary": [NONE]}, "because no permissions boundary allows the s3:GetObject action"),
        ({"identity": [ALL], "session": [NONE]}, "because no session policy allows the s3:GetObject action"),
        (
            {"identity": [ALL], "same_account": False},
            "because no resource-based policy allows the s3:GetObject action",
        ),
        ({"identity": [NEVER]}, "with an explicit deny in an identity-based policy"),
        ({"identity": [ALL], "boundary": [NEVER]}, "with an explicit deny in a permissions boundary"),
        ({"identity": [ALL], "session": [NEVER]}, "with an explicit deny in a session policy"),
        ({"identity": [ALL], "resource": [LOCKED]}, "with an explicit deny in a resource-based policy"),
    ],
)
def test_a_denial_is_worded_as_aws_does(papers: dict, ending: str) -> None:  # type: ignore[type-arg]
    assert denial_message(decide(ORDER, **papers), ORDER) == f"{SAID} {ending}"


def test_a_trust_policy_denies_in_the_words_of_sts() -> None:
    asked = ask("sts:AssumeRole", ROLE)
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    tasks = Principal(kind="Service", name="ecs-tasks.amazonaws.com")
    plain = decide_trust(asked, policy(statement, kind=Kind.TRUST, name="trust policy of role shop"), tasks)
    said = f"User: {ME} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    assert denial_message(plain, asked) == said
    assert explain(plain, asked) == (
        f"No statement of the trust policy lets {ME} do sts:AssumeRole.",
        "The nearest is statement 1 of trust policy of role shop, but its Principal is Service lambda.amazonaws.com, "
        "not ecs-tasks.amazonaws.com.",
    )
    never = policy(statement | {"Effect": "Deny", "Principal": "*"}, kind=Kind.TRUST, name="trust policy")
    denied = decide_trust(asked, never, tasks)
    assert denial_message(denied, asked) == f"{said} with an explicit deny in the role trust policy"


def test_an_allow_is_told_with_its_statement() -> None:
    assert explain(asked_of(ORDER, allow("ecs:*"), allow("s3:*")), ORDER) == (
        "Statement 2 of policy/p allows s3:GetObject on arn:aws:s3:::orders/1.",
    )


def test_the_nearest_miss_is_the_one_that_fits_longest() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    statements = (
        allow("s3:Put*", Sid="Action"),
        allow("s3:Get*", "arn:aws:s3:::menu/*", Sid="Resource"),
        allow("s3:Get*", "arn:aws:s3:::orders/*", Sid="Condition", Condition=condition),
        allow("s3:Get*", "arn:aws:s3:::order/*", Sid="AlsoResource"),
    )
    assert explain(asked_of(ORDER, *statements), ORDER)[1] == (
        "The nearest is statement Condition of policy/p, but its Condition StringEquals aws:SourceAccount: the request "
        "does not have that key, the policy wants 111111111111."
    )
    assert "statement AlsoResource" in explain(asked_of(ORDER, *statements[:2], statements[3]), ORDER)[1]


def test_every_condition_that_is_not_met_is_told() -> None:
    conditions = {"StringEquals": {"a:b": "1"}, "Bool": {"c:d": "true"}, "StringLike": {"e:f": "*"}}
    told = explain(asked_of(ask("s3:GetObject", a_b="2", e_f="x"), allow("s3:*", Condition=conditions)), ORDER)[1]
    assert "StringEquals a:b: the request has 2, the policy wants 1; Condition Bool c:d" in told
    assert "e:f" not in told


def test_where_no_action_fits_what_is_allowed_in_the_service_is_told() -> None:
    held = (allow(["s3:PutObject", "s3:ListBucket"]), allow("ecs:*"))
    assert explain(asked_of(ORDER, *held), ORDER)[1] == (
        "The 2 statements allow other actions only; in s3 that is s3:PutObject, s3:ListBucket."
    )
    assert explain(asked_of(ORDER, allow("ecs:*")), ORDER)[1] == (
        "The one statement allows other actions only, nothing in s3."
    )
    outside = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    assert "but its NotAction s3:* leaves s3:GetObject out" in explain(asked_of(ORDER, outside), ORDER)[1]


def test_a_boundary_is_told_beside_the_policy_that_would_allow_it() -> None:
    limits = [policy(allow("ecs:*"), name="permissions boundary Limits", kind=Kind.BOUNDARY)]
    decision = decide(ORDER, identity=[ALL], boundary=limits)
    assert decision.reason is Reason.BOUNDARY
    assert explain(decision, ORDER) == (
        "No statement of a permissions boundary allows s3:GetObject on arn:aws:s3:::orders/1.",
        "The one statement allows other actions only, nothing in s3.",
        "Statement 1 of policy/p allows it, but that is not enough: both must.",
    )


def test_a_variable_without_value_is_told() -> None:
    own = allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")
    assert "the request has no value for ${aws:username}" in explain(asked_of(ORDER, own), ORDER)[1]


def test_a_resource_policy_that_names_the_account_is_said_to_leave_it_to_iam() -> None:
    grant = policy(allow("s3:*") | {"Principal": {"AWS": ACCOUNT}}, kind=Kind.RESOURCE, name="bucket policy")
    alone = explain(decide(ORDER, identity=[NONE], resource=[grant]), ORDER)
    assert alone[-1] == (
        "Statement 1 of bucket policy names the account only, which leaves it to the identity-based policies."
    )
    assert "bucket policy" not in " ".join(explain(decide(ORDER, identity=[NONE]), ORDER))
