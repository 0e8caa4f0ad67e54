"""Ten questions that emulators get wrong, and real policies of AWS's own guides, retold: all decided as AWS does."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.policy import Ask, Kind, Principal, Reason, decide, decide_trust
from tests.policy.written import ACCOUNT, ANN, ECS, ME, ROLE, allow, ask, deny, may, policy

S3 = "arn:aws:s3:::"
MENU = allow("s3:GetObject", f"{S3}menu/*")
INSIDE = allow("ecs:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
PASSING = allow("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
OWN = allow("s3:*", f"{S3}home/${{aws:username}}/*")
TWICE = allow("s3:GetObject", f"{S3}menu/*/today.txt")
NOT_IAM = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
NOT_PAY = {"Effect": "Allow", "Action": "s3:*", "NotResource": [f"{S3}payroll", f"{S3}payroll/*"]}
TASKS, LAMBDA = "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"

PROBES: list[tuple[str, Ask, tuple[dict[str, Any], ...], bool]] = [
    ("1 ARN in scope", ask("s3:GetObject", f"{S3}menu/a"), (MENU,), True),
    ("1 ARN out of scope", ask("s3:GetObject", f"{S3}orders/a"), (MENU,), False),
    ("2 condition met", ask("ecs:RunTask", aws_RequestedRegion="us-east-1"), (INSIDE,), True),
    ("2 condition violated", ask("ecs:RunTask", aws_RequestedRegion="eu-west-1"), (INSIDE,), False),
    ("3 explicit deny", ask("s3:GetObject", f"{S3}menu/a"), (MENU, deny("s3:*")), False),
    ("3 a deny of something else", ask("s3:GetObject", f"{S3}menu/a"), (MENU, deny("s3:Put*")), True),
    ("4 NotAction", ask("ecs:RunTask"), (NOT_IAM,), True),
    ("4 NotAction leaves out", ask("iam:CreateUser"), (NOT_IAM,), False),
    ("5 NotResource", ask("s3:GetObject", f"{S3}menu/a"), (NOT_PAY,), True),
    ("5 NotResource leaves out", ask("s3:GetObject", f"{S3}payroll/a"), (NOT_PAY,), False),
    ("6 PassRole to the service", ask("iam:PassRole", ROLE, iam_PassedToService=TASKS), (PASSING,), True),
    ("6 PassRole to another", ask("iam:PassRole", ROLE, iam_PassedToService=LAMBDA), (PASSING,), False),
    ("6 PassRole of another", ask("iam:PassRole", ROLE + "2", iam_PassedToService=TASKS), (PASSING,), False),
    ("7 wildcard in the middle", ask("s3:GetObject", f"{S3}menu/2026/today.txt"), (TWICE,), True),
    ("7 and what it does not reach", ask("s3:GetObject", f"{S3}menu/2026/old.txt"), (TWICE,), False),
    ("8 variable", ask("s3:GetObject", f"{S3}home/ann/a", aws_username="ann"), (OWN,), True),
    ("8 variable of another", ask("s3:GetObject", f"{S3}home/bob/a", aws_username="ann"), (OWN,), False),
    ("8 variable without value", ask("s3:GetObject", f"{S3}home/ann/a"), (OWN,), False),
]


@pytest.mark.parametrize(("name", "asked", "statements", "allowed"), PROBES, ids=[probe[0] for probe in PROBES])
def test_probe(name: str, asked: Ask, statements: tuple[dict[str, Any], ...], allowed: bool) -> None:
    assert may(asked, *statements) is allowed


def test_probe_9_a_boundary_limits_what_an_administrator_may_do() -> None:
    limits = [policy(allow(["ecs:*", "logs:*"]), kind=Kind.BOUNDARY)]
    assert decide(ask("ecs:RunTask"), identity=[policy(allow("*"))], boundary=limits).allowed
    assert decide(ask("iam:CreateUser"), identity=[policy(allow("*"))], boundary=limits).reason is Reason.BOUNDARY


@pytest.mark.parametrize(("account", "allowed"), [(ACCOUNT, True), ("111111111111", False), ("", False)])
def test_probe_10_a_trust_policy_asks_for_the_source_account(account: str, allowed: bool) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": TASKS},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": f"{ECS}:*"}},
    }
    context = {"aws_SourceAccount": account} if account else {}
    asked = ask("sts:AssumeRole", ROLE, by=TASKS, aws_SourceArn=f"{ECS}:task/default/1", **context)
    decision = decide_trust(
        asked, policy(statement, kind=Kind.TRUST, name="trust policy"), Principal(kind="Service", name=TASKS)
    )
    assert decision.allowed is allowed


# Policies of AWS's guides, retold.

MFA = deny("ec2:TerminateInstances", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
HOURS = {
    "DateGreaterThan": {"aws:CurrentTime": "2026-11-23T08:00:00Z"},
    "DateLessThan": {"aws:CurrentTime": "2026-11-23T18:00:00Z"},
}
OFFICE = deny("*", Condition={"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}})
TAGGED = allow("ec2:StartInstances", Condition={"StringEquals": {"aws:ResourceTag/Owner": "${aws:PrincipalTag/Owner}"}})
ONLY_KEYS = allow(
    "ec2:CreateTags", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}
)
CLUSTER = allow(
    ["ecs:RunTask", "ecs:StopTask"],
    f"{ECS}:task*",
    Condition={"ArnEquals": {"ecs:cluster": f"{ECS}:cluster/default"}},
)
SECRETS = allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-??????")


@pytest.mark.parametrize(
    ("asked", "statements", "allowed"),
    [
        (ask("ec2:TerminateInstances", aws_MultiFactorAuthPresent="true"), (allow("*"), MFA), True),
        (ask("ec2:TerminateInstances", aws_MultiFactorAuthPresent="false"), (allow("*"), MFA), False),
        (ask("ec2:TerminateInstances"), (allow("*"), MFA), False),
        (ask("s3:GetObject", aws_CurrentTime="2026-11-23T12:00:00Z"), (allow("s3:*", Condition=HOURS),), True),
        (ask("s3:GetObject", aws_CurrentTime="2026-11-23T19:00:00Z"), (allow("s3:*", Condition=HOURS),), False),
        (ask("s3:GetObject", aws_SourceIp="203.0.113.9"), (allow("*"), OFFICE), True),
        (ask("s3:GetObject", aws_SourceIp="198.51.100.1"), (allow("*"), OFFICE), False),
        (ask("ecs:RunTask", f"{ECS}:task-definition/web:1", ecs_cluster=f"{ECS}:cluster/default"), (CLUSTER,), True),
        (ask("ecs:RunTask", f"{ECS}:task-definition/web:1", ecs_cluster=f"{ECS}:cluster/other"), (CLUSTER,), False),
        (
            ask("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-aB3dE6"),
            (SECRETS,),
            True,
        ),
        (
            ask("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-prod-aB3dE6"),
            (SECRETS,),
            False,
        ),
    ],
)
def test_a_policy_of_the_guides(asked: Ask, statements: tuple[dict[str, Any], ...], allowed: bool) -> None:
    assert may(asked, *statements) is allowed


def test_the_owner_of_a_tagged_resource_is_found_by_the_tag_of_the_principal() -> None:
    def owned(**tags: str) -> bool:
        keys = {name.replace("__", ":").replace("_", "/"): (value,) for name, value in tags.items()}
        return may(Ask(principal=ANN, action="ec2:StartInstances", resource="*", context=keys), TAGGED)

    assert owned(aws__ResourceTag_Owner="ann", aws__PrincipalTag_Owner="ann")
    assert not owned(aws__ResourceTag_Owner="bob", aws__PrincipalTag_Owner="ann")
    assert not owned(aws__ResourceTag_Owner="ann")
    assert not owned(aws__PrincipalTag_Owner="ann")


def test_only_these_tag_keys_may_be_given() -> None:
    assert may(ask("ec2:CreateTags", aws_TagKeys=("environment", "cost-center")), ONLY_KEYS)
    assert not may(ask("ec2:CreateTags", aws_TagKeys=("environment", "owner")), ONLY_KEYS)
    assert may(ask("ec2:CreateTags"), ONLY_KEYS)


@pytest.mark.parametrize(
    ("named", "allowed", "past_boundary"),
    [(ME, True, True), (ROLE, True, False), (ACCOUNT, False, False), (ANN, False, False), ("*", True, True)],
)
def test_a_bucket_policy_grants_to_whom_it_names_and_past_a_boundary_only_to_the_session_itself(
    named: str, allowed: bool, past_boundary: bool
) -> None:
    grant = policy(allow("s3:GetObject") | {"Principal": {"AWS": named}}, kind=Kind.RESOURCE, name="bucket policy")
    limits = [policy(allow("ecs:*"), kind=Kind.BOUNDARY)]
    asked = ask("s3:GetObject", f"{S3}menu/a")
    assert decide(asked, identity=[], resource=[grant]).allowed is allowed
    assert decide(asked, identity=[], resource=[grant], boundary=limits).allowed is past_boundary


def test_a_bucket_policy_that_denies_everybody_but_one_denies_the_rest() -> None:
    but_me = {"Effect": "Deny", "NotPrincipal": {"AWS": ME}, "Action": "s3:*", "Resource": "*"}
    lock = policy(but_me, kind=Kind.RESOURCE, name="bucket policy")
    everything = [policy(allow("*"))]
    assert decide(ask("s3:GetObject"), identity=everything, resource=[lock]).allowed
    assert decide(ask("s3:GetObject", by=ANN), identity=everything, resource=[lock]).reason is Reason.EXPLICIT_DENY


def test_a_queue_policy_lets_a_service_in() -> None:
    sender = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    queue = policy(sender | {"Resource": "*"}, kind=Kind.RESOURCE, name="queue policy")
    assert decide(ask("sqs:SendMessage", by="sns.amazonaws.com"), identity=[], resource=[queue]).allowed
    assert not decide(ask("sqs:SendMessage", by="s3.amazonaws.com"), identity=[], resource=[queue]).allowed
