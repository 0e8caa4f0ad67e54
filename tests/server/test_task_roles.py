"""Claims about the two roles of a task, through boto3 on a served lab: what containers and agents may do with them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab.model.status import TaskStatus
from tests.aws.iam.conftest import allow, document, trust
from tests.server.conftest import Served

ECS_TASKS = {"Service": "ecs-tasks.amazonaws.com"}
REAL = ["process", pytest.param("docker", marks=pytest.mark.docker)]


class Account:
    """A served lab, its roles, and tasks of one container with the SDK in it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.iam = served.client("iam")
        self.s3 = served.client("s3")

    def role(self, name: str, *statements: dict[str, Any], trusts: str = "") -> str:
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusts or trust(ECS_TASKS))["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return str(arn)

    def bucket(self, **objects: str) -> None:
        self.s3.create_bucket(Bucket="menu")
        for key, text in objects.items():
            self.s3.put_object(Bucket="menu", Key=key, Body=text.encode())

    def run(self, *, container: dict[str, Any] | None = None, **definition: Any) -> str:
        box = {
            "name": "app",
            "image": "ecslab/sdk:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80}],
            **(container or {}),
        }
        self.served.ecs.register_task_definition(family="app", containerDefinitions=[box], **definition)
        return str(self.served.ecs.run_task(taskDefinition="app")["tasks"][0]["taskArn"])

    def running(self, **given: Any) -> str:
        arn = self.run(**given)
        self.served.until(lambda: self.served.task(arn).last_status is TaskStatus.RUNNING)
        return arn

    def failed(self, **given: Any) -> Any:
        arn = self.run(**given)
        self.served.until(lambda: self.served.task(arn).last_status is TaskStatus.STOPPED)
        return self.served.task(arn)

    def ask(self, arn: str, path: str) -> tuple[int, Any]:
        answer = self.served.api.handle("POST", "curl", {"task": arn, "path": path})
        body = answer["body"]
        return answer["status"], json.loads(body) if body.startswith("{") else body

    def variable(self, arn: str, name: str) -> str:
        status, body = self.ask(arn, f"/env?name={name}")
        assert status == 200, body
        return str(body).rstrip("\n")


@pytest.fixture
def account(served: Served) -> Account:
    return Account(served)


READS = allow("s3:GetObject", "arn:aws:s3:::menu/today*")


def test_code_in_a_container_may_do_what_the_task_role_allows_and_nothing_else(account: Account) -> None:
    account.bucket(today="soup", secret="recipe")
    arn = account.running(taskRoleArn=account.role("menu-reader", READS))
    status, found = account.ask(arn, "/aws/s3/get_object?Bucket=menu&Key=today")
    assert (status, found["Body"]) == (200, "soup")
    status, refused = account.ask(arn, "/aws/s3/get_object?Bucket=menu&Key=secret")
    assert (status, refused["error"]) == (403, "AccessDenied")
    assert "no identity-based policy allows the s3:GetObject action" in refused["message"]
    caller = account.ask(arn, "/aws/sts/get_caller_identity")[1]["Arn"]
    assert caller == f"arn:aws:sts::123456789012:assumed-role/menu-reader/{arn.rsplit('/', 1)[-1]}"


def test_without_a_task_role_there_are_no_credentials_also_where_there_is_an_execution_role(account: Account) -> None:
    arn = account.running(executionRoleArn=account.role("execution", allow("s3:*")))
    assert account.ask(arn, "/aws/s3/list_buckets")[1]["error"] == "NoCredentials"


def test_a_role_given_with_run_task_takes_the_place_of_the_definition_s(account: Account) -> None:
    account.run(taskRoleArn=account.role("first"))
    other = account.role("second")
    arn = account.served.ecs.run_task(taskDefinition="app", overrides={"taskRoleArn": other})["tasks"][0]["taskArn"]
    account.served.until(lambda: account.served.task(arn).last_status is TaskStatus.RUNNING)
    assert "assumed-role/second/" in account.ask(arn, "/aws/sts/get_caller_identity")[1]["Arn"]


@pytest.mark.parametrize("kind", ["taskRoleArn", "executionRoleArn"])
def test_a_role_that_does_not_trust_ecs_tasks_is_refused_before_the_task_exists(account: Account, kind: str) -> None:
    role = account.role("wrong", trusts=trust({"Service": "ecs.amazonaws.com"}))
    with pytest.raises(ClientError, match="ECS was unable to assume the role") as caught:
        account.run(**{kind: role})
    assert caught.value.response["Error"]["Code"] == "ClientException"
    assert "ecs-tasks.amazonaws.com" in caught.value.response["Error"]["Message"]
    assert account.served.ecs.list_tasks()["taskArns"] == []
    assert account.served.lab.journal.read(kind="iam.denied")[-1].data["resource"] == role


def test_a_service_says_in_an_event_that_a_role_does_not_exist(account: Account) -> None:
    arn = account.served.register(taskRoleArn="arn:aws:iam::123456789012:role/ghost")
    account.served.ecs.create_service(serviceName="web", taskDefinition=arn, desiredCount=2)
    account.served.lab.timeline.advance(30)
    service = account.served.lab.backend.store.service("default", "web")
    assert "unable to assume the role 'arn:aws:iam::123456789012:role/ghost'" in service.events[0].message
    assert account.served.tasks("web") == []
    account.role("ghost")
    account.served.until(lambda: account.served.running("web") == 2, limit=300)


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:cluster/default"}}, False),
    ],
)
def test_the_confused_deputy_s_keys_are_looked_at(account: Account, condition: dict[str, Any], runs: bool) -> None:
    role = account.role("careful", trusts=trust(ECS_TASKS, Condition=condition))
    if runs:
        account.running(taskRoleArn=role)
        return
    with pytest.raises(ClientError, match="unable to assume"):
        account.run(taskRoleArn=role)


# secrets


def test_secrets_are_fetched_by_the_execution_role_and_become_variables(account: Account) -> None:
    secret = account.served.client("secretsmanager").create_secret(
        Name="db", SecretString=json.dumps({"user": "chef", "port": 5432})
    )["ARN"]
    account.served.client("ssm").put_parameter(Name="/shop/token", Value="s3cr3t", Type="SecureString")
    role = account.role(
        "execution",
        allow("secretsmanager:GetSecretValue", secret),
        allow("ssm:GetParameters", "arn:aws:ssm:us-east-1:123456789012:parameter/shop/*"),
    )
    secrets = [
        {"name": "USER", "valueFrom": f"{secret}:user::"},
        {"name": "DB_PORT", "valueFrom": f"{secret}:port:AWSCURRENT:"},
        {"name": "TOKEN", "valueFrom": "/shop/token"},
        {"name": "AGAIN", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/shop/token"},
    ]
    arn = account.running(executionRoleArn=role, container={"secrets": secrets})
    found = {name: account.variable(arn, name) for name in ("USER", "DB_PORT", "TOKEN", "AGAIN")}
    assert found == {"USER": "chef", "DB_PORT": "5432", "TOKEN": "s3cr3t", "AGAIN": "s3cr3t"}
    told = json.dumps(account.served.ecs.describe_tasks(tasks=[arn]), default=str)
    assert "s3cr3t" not in told
    assert "s3cr3t" not in "".join(f"{e.text}{e.data}" for e in account.served.lab.journal.read())


def test_a_secret_keeps_the_value_it_had_when_the_task_started(account: Account) -> None:
    ssm = account.served.client("ssm")
    ssm.put_parameter(Name="token", Value="old", Type="String")
    role = account.role("execution", allow("ssm:GetParameters"))
    given = {"executionRoleArn": role, "container": {"secrets": [{"name": "TOKEN", "valueFrom": "token"}]}}
    before = account.running(**given)
    ssm.put_parameter(Name="token", Value="new", Type="String", Overwrite=True)
    assert account.variable(before, "TOKEN") == "old"
    assert account.variable(account.running(**given), "TOKEN") == "new"


SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ghost-abc123"


@pytest.mark.parametrize(
    ("value_from", "statements", "said"),
    [
        ("token", [], "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/execution/"),
        ("token", [allow("ssm:GetParameter")], "is not authorized to perform: ssm:GetParameters on resource"),
        ("nowhere", [allow("ssm:*")], "invalid parameters: nowhere"),
        (SECRET, [allow("secretsmanager:*")], "Secrets Manager can't find the specified secret"),
        ("{db}:pass::", [allow("secretsmanager:*")], "did not contain json key pass"),
    ],
)
def test_a_secret_that_cannot_be_had_fails_the_task(
    account: Account, value_from: str, statements: list[dict[str, Any]], said: str
) -> None:
    account.served.client("ssm").put_parameter(Name="token", Value="x", Type="String")
    db = account.served.client("secretsmanager").create_secret(Name="db", SecretString='{"user": "chef"}')["ARN"]
    secrets = [{"name": "TOKEN", "valueFrom": value_from.format(db=db)}]
    task = account.failed(
        executionRoleArn=account.role("execution", *statements),
        taskRoleArn=account.role("app", allow("*")),
        container={"secrets": secrets},
    )
    assert task.stop_code == "TaskFailedToStart"
    assert task.stopped_reason.startswith("ResourceInitializationError: unable to pull secrets or registry auth: ")
    assert said in task.stopped_reason


def test_a_key_of_one_s_own_needs_decrypt_too(account: Account) -> None:
    key = account.served.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.served.client("ssm").put_parameter(Name="token", Value="x", Type="SecureString", KeyId=key)
    given: dict[str, Any] = {"container": {"secrets": [{"name": "TOKEN", "valueFrom": "token"}]}}
    task = account.failed(executionRoleArn=account.role("one", allow("ssm:GetParameters")), **given)
    assert f"not authorized to perform: kms:Decrypt on resource: {key}" in task.stopped_reason
    both = account.role("both", allow("ssm:GetParameters"), allow("kms:Decrypt", key))
    assert account.variable(account.running(executionRoleArn=both, **given), "TOKEN") == "x"


# awslogs


def awslogs(**more: str) -> dict[str, Any]:
    options = {"awslogs-group": "/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app", **more}
    return {"logConfiguration": {"logDriver": "awslogs", "options": options}}


def test_making_the_log_group_is_not_in_the_managed_policy(account: Account) -> None:
    role = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
    box = awslogs(**{"awslogs-create-group": "true"})
    task = account.failed(executionRoleArn=role, container=box)
    assert "not authorized to perform: logs:CreateLogGroup" in task.stopped_reason
    account.iam.put_role_policy(
        RoleName="ecsTaskExecutionRole", PolicyName="groups", PolicyDocument=document(allow("logs:CreateLogGroup"))
    )
    arn = account.running(executionRoleArn=role, container=box)
    account.ask(arn, "/")
    account.served.lab.timeline.advance(10)
    streams = account.served.client("logs").describe_log_streams(logGroupName="/shop")["logStreams"]
    assert [s["logStreamName"] for s in streams] == [f"app/app/{arn.rsplit('/', 1)[-1]}"]


def test_without_an_execution_role_the_instance_s_role_writes_the_logs(account: Account) -> None:
    account.served.client("logs").create_log_group(logGroupName="/shop")
    account.running(container=awslogs())
    account.iam.detach_role_policy(
        RoleName="ecsInstanceRole",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    )
    task = account.failed(container=awslogs())
    assert "assumed-role/ecsInstanceRole/i-" in task.stopped_reason


# credentials and metadata


def test_credentials_are_renewed_before_they_end_and_end_with_the_task(account: Account) -> None:
    arn = account.running(taskRoleArn=account.role("app"))
    path = account.variable(arn, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    endpoint = account.served.lab.fleet.endpoint
    first = json.loads(endpoint.answer(path).body)
    assert sorted(first) == ["AccessKeyId", "Expiration", "RoleArn", "SecretAccessKey", "Token"]
    account.served.lab.timeline.advance(3600)
    assert json.loads(endpoint.answer(path).body)["AccessKeyId"] == first["AccessKeyId"]
    account.served.lab.timeline.advance(5 * 3600 - 600)
    assert json.loads(endpoint.answer(path).body)["AccessKeyId"] != first["AccessKeyId"]
    assert account.ask(arn, "/aws/sts/get_caller_identity")[0] == 200
    account.served.ecs.stop_task(task=arn)
    account.served.until(lambda: account.served.task(arn).last_status is TaskStatus.STOPPED)
    assert endpoint.answer(path).status == 400
    assert endpoint.answer("/v2/credentials/").status == 400


def test_metadata_tells_a_container_of_its_task(account: Account) -> None:
    arn = account.running(taskRoleArn=account.role("app"))
    uri = account.variable(arn, "ECS_CONTAINER_METADATA_URI_V4")
    status, text = account.ask(arn, f"/fetch?url={uri}/task")
    found = json.loads(text.split("\n", 1)[1])
    assert (status, found["TaskARN"], found["Family"], found["KnownStatus"]) == (200, arn, "app", "RUNNING")
    assert found["Cluster"] == "default"
    own = json.loads(account.ask(arn, f"/fetch?url={uri}")[1].split("\n", 1)[1])
    assert (own["Name"], own["Type"]) == ("app", "NORMAL")
    assert own["Ports"][0]["ContainerPort"] == 80
    stats = json.loads(account.ask(arn, f"/fetch?url={uri}/stats")[1].split("\n", 1)[1])
    assert stats["memory_stats"]["limit"] == 128 * 1024 * 1024
    assert "AccessKeyId" not in json.dumps([found, own])


def test_a_task_in_none_mode_has_neither_credentials_nor_metadata(account: Account) -> None:
    box = {"portMappings": [], "command": ["sleep", "600"]}
    arn = account.running(taskRoleArn=account.role("app"), networkMode="none", container=box)
    spec = next(iter(account.served.lab.runtime._containers.values())).spec  # type: ignore[attr-defined]
    assert not [name for name in spec.environment if name.startswith(("AWS_CONTAINER", "ECS_CONTAINER", "AWS_ENDP"))]
    assert account.served.task(arn).last_status is TaskStatus.RUNNING


def test_a_command_calls_aws_with_the_task_role_and_ends_as_the_call_does(account: Account) -> None:
    account.bucket(today="soup", secret="recipe")
    role = account.role("menu-reader", READS)
    codes = {}
    for key in ("today", "secret"):
        command = ["aws", "s3", "get_object", "Bucket=menu", f"Key={key}"]
        task = account.failed(taskRoleArn=role, container={"command": command, "portMappings": []})
        codes[key] = task.containers[0].exit_code
        lines = account.served.lab.log_lines(task, None)
        assert ("soup" if key == "today" else "AccessDenied") in lines[-1][2]
    assert codes == {"today": 0, "secret": 1}


# for real


@pytest.mark.parametrize("runtime", REAL)
def test_an_unmodified_boto3_in_a_real_container_signs_with_the_task_role(
    serve: Callable[..., Served], runtime: str
) -> None:
    account = Account(serve(runtime=runtime, time="real"))
    account.bucket(today="soup", secret="recipe")
    arn = account.running(taskRoleArn=account.role("menu-reader", READS))
    account.served.until(lambda: account.ask(arn, "/health")[0] == 200)
    status, found = account.ask(arn, "/aws/s3/get_object?Bucket=menu&Key=today")
    assert (status, found.get("Body")) == (200, "soup")
    assert account.ask(arn, "/aws/s3/get_object?Bucket=menu&Key=secret")[0] == 403
    assert "assumed-role/menu-reader/" in account.ask(arn, "/aws/sts/get_caller_identity")[1]["Arn"]
    uri = account.variable(arn, "ECS_CONTAINER_METADATA_URI_V4")
    assert arn in account.ask(arn, f"/fetch?url={uri}/task")[1]


def test_the_agent_s_door_limits_its_callers(serve: Callable[..., Served]) -> None:
    agent = serve().agent

    def status(path: str) -> int:
        try:
            with urllib.request.urlopen(agent + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    codes = [status("/v4/nobody/task") for _ in range(75)]
    assert codes[0] == 404
    assert 429 in codes
    assert status("/v4/somebody-else/task") == 404
