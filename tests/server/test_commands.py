"""ECS Exec, and what a container asks of its agent about protection: both with the task role's permissions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab.errors import EcslabError
from tests.server.conftest import Served

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def role(served: Served, *actions: str) -> str:
    """A task role that may do so much; its ARN."""
    iam = served.client("iam")
    arn = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=document)
    return str(arn)


def running(served: Served, **more: Any) -> str:
    arn = str(served.ecs.run_task(taskDefinition="web", **more)["tasks"][0]["taskArn"])
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    return arn


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_command_runs_in_a_container_that_allows_it(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ssmmessages:*"))
    arn = running(served, enableExecuteCommand=True)
    agents = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]["containers"][0]["managedAgents"]
    assert [(a["name"], a["lastStatus"]) for a in agents] == [("ExecuteCommandAgent", "RUNNING")]
    answer = served.ecs.execute_command(task=arn, command="echo hello", interactive=True)
    assert answer["session"]["sessionId"].startswith("ecs-execute-command-")
    assert "lab.exec" in answer["session"]["tokenValue"]
    served.lab.timeline.advance(1)
    (ended,) = served.lab.journal.read(kind="exec.output")
    assert (ended.data["exit_code"], ended.data["output"]) == (0, "hello")


def test_the_lab_waits_for_the_output(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ssmmessages:*"))
    arn = running(served, enableExecuteCommand=True)
    said = served.api.handle("POST", "exec", {"task": arn, "command": "sh -c 'echo a; exit 3'"})
    assert (said["exit_code"], said["container"]) == (3, "web")


def test_exec_must_be_enabled_when_the_task_starts(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ssmmessages:*"))
    wish = {"task": running(served), "command": "ls", "interactive": True}
    code, message = refused(served.ecs.execute_command, **wish)
    assert (code, "was not enabled" in message) == ("InvalidParameterException", True)


@pytest.mark.parametrize("allowed", [(), ("ssmmessages:CreateDataChannel",)])
def test_exec_needs_the_task_role_to_reach_session_manager(served: Served, allowed: tuple[str, ...]) -> None:
    served.register(taskRoleArn=role(served, *allowed))
    wish = {"task": running(served, enableExecuteCommand=True), "command": "ls", "interactive": True}
    code, message = refused(served.ecs.execute_command, **wish)
    assert (code, "ssmmessages:" in message) == ("TargetNotConnectedException", True)


def test_exec_needs_a_writable_root_filesystem(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ssmmessages:*"), container={"readonlyRootFilesystem": True})
    wish = {"task": running(served, enableExecuteCommand=True), "command": "ls", "interactive": True}
    assert refused(served.ecs.execute_command, **wish)[0] == "TargetNotConnectedException"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"interactive": False}, "only mode supported"),
        ({"command": "echo 'half"}, "cannot be read"),
        ({"container": "db"}, "no container named 'db'"),
        ({"task": "0" * 32}, "not found"),
    ],
)
def test_a_wrong_command_is_refused(served: Served, more: dict[str, Any], says: str) -> None:
    served.register(taskRoleArn=role(served, "ssmmessages:*"))
    wish = {"task": running(served, enableExecuteCommand=True), "command": "ls", "interactive": True}
    code, message = refused(served.ecs.execute_command, **{**wish, **more})
    assert (code, says in message) == ("InvalidParameterException", True)


def ask(served: Served, arn: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """What the agent answers to a container of the task; a PUT where there is a body."""
    from ecslab.agent.endpoint import metadata_id

    path = f"/api/{metadata_id(served.task(arn).task_id, 'web')}/task-protection/v1/state"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(served.agent + path, data, method="GET" if body is None else "PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as problem:
        return problem.code, json.loads(problem.read())


def service_task(served: Served) -> str:
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=1)
    served.until(lambda: served.running("web") == 1)
    return str(served.tasks("web")[0].task_arn)


def test_a_container_protects_its_own_task(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"))
    arn = service_task(served)
    assert ask(served, arn) == (200, {"protection": {"ProtectionEnabled": False, "TaskArn": arn}})
    status, told = ask(served, arn, {"ProtectionEnabled": True, "ExpiresInMinutes": 60})
    assert (status, told["protection"]["ProtectionEnabled"]) == (200, True)
    assert told["protection"]["ExpirationDate"].endswith("Z")
    assert served.ecs.get_task_protection(cluster="default", tasks=[arn])["protectedTasks"][0]["protectionEnabled"]


def test_protection_needs_the_task_role_and_a_body_that_says_it(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ecs:UpdateTaskProtection"))
    arn = service_task(served)
    status, told = ask(served, arn)
    assert (status, told["error"]["Code"]) == (403, "AccessDeniedException")
    assert ask(served, arn, {"ProtectionEnabled": "yes"})[0] == 400
    assert ask(served, arn, {"ProtectionEnabled": True, "ExpiresInMinutes": 9999})[0] == 400


def test_a_task_of_no_service_cannot_be_protected(served: Served) -> None:
    served.register(taskRoleArn=role(served, "ecs:UpdateTaskProtection"))
    status, told = ask(served, running(served), {"ProtectionEnabled": True})
    assert (status, told["failure"]["Reason"]) == (200, "TASK_NOT_VALID")


def test_what_is_pretended_is_told_with_its_reason(served: Served) -> None:
    served.register(container={"hostname": "a", "cpu": 10})
    rows = {row["parameter"]: row for row in served.api.handle("GET", "pretended", {})["rows"]}
    assert rows["containerDefinitions.hostname"]["value"] == "a"
    assert "nothing real runs" in rows["containerDefinitions.cpu"]["why"]
    assert "containerDefinitions.memory" not in rows, "the simulated runtime does limit memory"


def test_a_route_without_a_task_says_so(served: Served) -> None:
    with pytest.raises(EcslabError, match="There is no task"):
        served.api.handle("POST", "exec", {"task": "nobody", "command": "ls"})
