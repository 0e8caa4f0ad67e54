"""SimulatePrincipalPolicy and SimulateCustomPolicy over HTTP, and malformed documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.aws.iam.conftest import ACCOUNT, Account, allow, code_of, deny, document, message_of, trust

ORDERS, MENU = "arn:aws:s3:::orders/1", "arn:aws:s3:::menu/today"


def decisions(answer: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(r["EvalActionName"], r["EvalResourceName"]): r["EvalDecision"] for r in answer["EvaluationResults"]}


def test_each_action_is_asked_about_each_resource(account: Account) -> None:
    arn = account.role(
        "app", trust({"Service": "ecs-tasks.amazonaws.com"}), allow("s3:GetObject", MENU), deny("s3:Put*")
    )
    answer = account.iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=[MENU, ORDERS]
    )
    assert decisions(answer) == {
        ("s3:GetObject", MENU): "allowed",
        ("s3:GetObject", ORDERS): "implicitDeny",
        ("s3:PutObject", MENU): "explicitDeny",
        ("s3:PutObject", ORDERS): "explicitDeny",
    }
    assert answer["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyId"] == "inline"
    assert answer["EvaluationResults"][1]["MatchedStatements"] == []


def test_a_condition_without_its_key_is_told_as_missing(account: Account) -> None:
    rule = document(allow("s3:GetObject", MENU, Condition={"StringEquals": {"aws:PrincipalTag/team": "kitchen"}}))
    ask = {"PolicyInputList": [rule], "ActionNames": ["s3:GetObject"], "ResourceArns": [MENU]}
    without = account.iam.simulate_custom_policy(**ask)["EvaluationResults"][0]
    assert without["EvalDecision"] == "implicitDeny"
    assert without["MissingContextValues"] == ["aws:PrincipalTag/team"]
    entry = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["kitchen"], "ContextKeyType": "string"}
    given = account.iam.simulate_custom_policy(**ask, ContextEntries=[entry])["EvaluationResults"][0]
    assert given["EvalDecision"] == "allowed"
    assert given["MissingContextValues"] == []


def test_a_boundary_has_its_own_detail(account: Account) -> None:
    answer = account.iam.simulate_custom_policy(
        PolicyInputList=[document(allow("*"))],
        PermissionsBoundaryPolicyInputList=[document(allow("ecs:*"))],
        ActionNames=["s3:ListAllMyBuckets", "ecs:ListClusters"],
    )
    details = [
        r["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for r in answer["EvaluationResults"]
    ]
    assert details == [False, True]
    assert [r["EvalDecision"] for r in answer["EvaluationResults"]] == ["implicitDeny", "allowed"]


def test_results_come_in_pages(account: Account) -> None:
    actions = [f"ecs:Action{number}" for number in range(7)]
    pages = account.iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[document(allow("ecs:*"))], ActionNames=actions, PaginationConfig={"PageSize": 3}
    )
    found = [[r["EvalActionName"] for r in page["EvaluationResults"]] for page in pages]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [name for page in found for name in page] == actions


def test_a_users_groups_are_simulated_with_it(account: Account) -> None:
    account.user("anna")
    account.iam.create_group(GroupName="readers")
    account.iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=document(allow("ecs:List*")))
    account.iam.add_user_to_group(GroupName="readers", UserName="anna")
    for arn in (f"arn:aws:iam::{ACCOUNT}:user/anna", f"arn:aws:iam::{ACCOUNT}:group/readers"):
        answer = account.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ecs:ListClusters"])
        assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_a_principal_that_does_not_exist(account: Account) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    ask = lambda: account.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])  # noqa: E731
    assert code_of(ask) == "NoSuchEntity"


def test_simulation_changes_nothing_and_journals_nothing(account: Account) -> None:
    before = len(account.served.lab.journal)
    account.iam.simulate_custom_policy(PolicyInputList=[document(deny("*"))], ActionNames=["s3:GetObject"])
    assert len(account.served.lab.journal) == before


def test_the_keys_a_policy_speaks_of(account: Account) -> None:
    rule = document(allow("s3:GetObject", MENU, Condition={"StringEquals": {"aws:PrincipalTag/team": "kitchen"}}))
    answer = account.iam.get_context_keys_for_custom_policy(PolicyInputList=[rule])
    assert answer["ContextKeyNames"] == ["aws:PrincipalTag/team"]


def test_the_aws_cli_simulates(account: Account) -> None:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": account.served.endpoint,
    }
    command = [sys.executable, "-m", "awscli", "iam", "simulate-custom-policy", "--action-names", "ecs:ListClusters"]
    command += ["--policy-input-list", document(allow("ecs:*")), "--output", "json"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
    assert json.loads(said)["EvaluationResults"][0]["EvalDecision"] == "allowed"


@pytest.mark.parametrize(
    "text", ["not json", '{"Version": "2012-10-17"}', '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}']
)
def test_a_malformed_policy_is_refused_with_a_sentence(account: Account, text: str) -> None:
    iam = account.iam
    role = {"RoleName": "app", "PolicyName": "p"}
    account.role("app", trust({"Service": "ecs-tasks.amazonaws.com"}))
    calls = [
        lambda: iam.create_role(RoleName="r", AssumeRolePolicyDocument=text),
        lambda: iam.update_assume_role_policy(RoleName="app", PolicyDocument=text),
        lambda: iam.put_role_policy(**role, PolicyDocument=text),
        lambda: iam.create_policy(PolicyName="p", PolicyDocument=text),
    ]
    for call in calls:
        assert code_of(call) == "MalformedPolicyDocument"
        assert len(message_of(call)) > 20
    assert iam.list_role_policies(RoleName="app")["PolicyNames"] == []
