"""Roles assumed by services for tasks, what is permitted on a role's behalf, and the roles every account has."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.aws.iam import seeds, sessions
from ecslab.aws.iam.authorize import permit
from tests.aws.iam.conftest import ACCOUNT, Account, allow, code_of, trust

TASKS = {"Service": "ecs-tasks.amazonaws.com"}
TASK = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/default/1"


def assume(account: Account, role: str, **more: Any) -> sessions.RoleSession:
    lab = account.served.lab
    return sessions.assume_as_service(lab.backend.place, lab.context, role_arn=role, session_name="task-1", **more)


def spelled(session: sessions.RoleSession) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.token,
    }


def test_a_tasks_calls_are_decided_without_enforcement(account: Account) -> None:
    arn = account.role("app", trust(TASKS), allow("s3:ListAllMyBuckets"))
    keys = spelled(assume(account, arn))
    assert code_of(account.client("s3", keys).list_buckets) == ""
    assert code_of(account.client("ecs", keys).list_clusters) == "AccessDeniedException"
    assert account.denied("app")[0]["action"] == "ecs:ListClusters"
    assert account.denied("task-1")[0]["role"] == arn


def test_a_role_that_a_task_assumes_is_decided_too(account: Account) -> None:
    other = account.role("other", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}))
    arn = account.role("app", trust(TASKS), allow("sts:AssumeRole", other))
    sts = account.client("sts", spelled(assume(account, arn)))
    keys = sts.assume_role(RoleArn=other, RoleSessionName="next")["Credentials"]
    assert code_of(account.client("ecs", keys).list_clusters) == "AccessDeniedException"


def test_a_role_that_does_not_trust_ecs_cannot_be_assumed_by_it(account: Account) -> None:
    arn = account.role("for-ec2", trust({"Service": "ec2.amazonaws.com"}))
    with pytest.raises(sessions.AccessDenied) as problem:
        assume(account, arn)
    assert problem.value.decision is not None
    assert problem.value.sentences
    with pytest.raises(sessions.AccessDenied) as missing:
        assume(account, f"arn:aws:iam::{ACCOUNT}:role/nobody")
    assert missing.value.decision is None


def test_the_confused_deputy_is_stopped(account: Account) -> None:
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}
    theirs = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    good, bad = account.role("good", trust(TASKS, Condition=ours)), account.role("bad", trust(TASKS, Condition=theirs))
    assert assume(account, good, source_arn=TASK, source_account=ACCOUNT).role_arn == good
    with pytest.raises(sessions.AccessDenied):
        assume(account, bad, source_arn=TASK, source_account=ACCOUNT)


def test_what_is_done_for_a_role_needs_its_permission(account: Account) -> None:
    lab = account.served.lab
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-AbCdEf"
    arn = account.role("exec", trust(TASKS), allow("secretsmanager:GetSecretValue", secret))
    ask = {"role_arn": arn, "action": "secretsmanager:GetSecretValue", "session_name": "task-1"}
    assert permit(lab.backend.place, lab.context, resource=secret, **ask).allowed
    other = permit(lab.backend.place, lab.context, resource=secret.replace("db", "api"), **ask)
    assert not other.allowed
    assert f"assumed-role/exec/task-1 is not authorized to perform: {ask['action']}" in other.message
    assert account.denied("exec")[0]["message"] == other.message


def test_every_account_has_the_roles_of_ecs(account: Account) -> None:
    names = {role["RoleName"] for role in account.iam.list_roles()["Roles"]}
    assert {seeds.EXECUTION_ROLE, seeds.INSTANCE_ROLE, seeds.SERVICE_LINKED_ROLE, seeds.SCALING_ROLE} <= names
    attached = account.iam.list_attached_role_policies(RoleName=seeds.EXECUTION_ROLE)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonECSTaskExecutionRolePolicy"]
    account.iam.remove_role_from_instance_profile(InstanceProfileName="ecsInstanceRole", RoleName="ecsInstanceRole")
    account.iam.detach_role_policy(RoleName=seeds.EXECUTION_ROLE, PolicyArn=attached[0]["PolicyArn"])
    account.iam.delete_role(RoleName=seeds.EXECUTION_ROLE)
    assert seeds.EXECUTION_ROLE not in {role["RoleName"] for role in account.iam.list_roles()["Roles"]}


def test_a_reset_forgets_sessions_and_enforcement(account: Account) -> None:
    arn = account.role("app", trust(TASKS), allow("*"))
    keys = spelled(assume(account, arn))
    account.enforce()
    account.served.lab.reset()
    assert code_of(account.client("ecs", keys).list_clusters) == "UnrecognizedClientException"
    assert account.served.api.handle("POST", "iam", {})["enforce"] is False
