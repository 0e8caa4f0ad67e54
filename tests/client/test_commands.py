"""Claims about lab.exec and lab.pretended, as a notebook has them."""

from __future__ import annotations

import json

import pytest

from ecslab import Lab
from ecslab.errors import EcslabError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
EXEC = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]}


def running(lab: Lab, **more: bool) -> str:
    """A task that may be commanded; its ARN."""
    iam, ecs = lab.client("iam"), lab.client("ecs")
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="exec", PolicyDocument=json.dumps(EXEC))
    container = {"name": "web", "image": "ecslab/web:1", "memory": 64, "hostname": "shop"}
    ecs.register_task_definition(family="web", taskRoleArn=role, containerDefinitions=[container])
    arn = str(ecs.run_task(taskDefinition="web", **more)["tasks"][0]["taskArn"])
    lab.wait("tasks_running", tasks=[arn])
    return arn


def test_a_command_gives_its_output_and_its_exit_code(lab: Lab) -> None:
    task = running(lab, enableExecuteCommand=True)
    said = lab.exec(task, "echo hello")
    assert (said, said.exit_code, said.container) == ("hello", 0, "web")
    assert repr(said) == "hello\n(exit code 0)"
    assert "exit code 2" in lab.exec(task, "sh -c 'exit 2'")._repr_html_()


def test_what_ecs_refuses_is_refused_in_its_words(lab: Lab) -> None:
    with pytest.raises(EcslabError, match="was not enabled when the task was run"):
        lab.exec(running(lab), "ls")


def test_what_is_pretended_is_a_table_with_reasons(lab: Lab) -> None:
    assert "Nothing that was asked for" in repr(lab.pretended())
    running(lab)
    found = {pretence.parameter: pretence for pretence in lab.pretended()}
    assert found["containerDefinitions.hostname"].value == "shop"
    assert found["containerDefinitions.hostname"].why.endswith(".")
    assert "containerDefinitions.hostname" in lab.pretended()._repr_html_()
