"""Questions 8.1 and 8.4 to 8.7: what is done before the code starts, and by which role.

Judged by tasks that run or do not, and by what their environment holds. Invariant: an untouched account is not
attempted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import account_of, ask, attempted, denied, last_failure, may, not_running, own_policies, running

DUTIES = (
    ("task", "Your code reads S3", "T1"),
    ("execution", "A secret becomes a variable", "T3"),
    ("instance", "An instance registers", "instance"),
    ("service", "ECS registers an address at a load balancer", "service"),
    ("execution", "awslogs writes the log", "T2"),
)


def four_roles(world: World) -> Iterable[Finding]:
    answer = world.answer()
    given = [str(word).strip().lower() for word in answer] if isinstance(answer, list | tuple) else []
    if not given:
        raise NotAttempted("Hand in a list of five words.")
    for number, (right, duty, code) in enumerate(DUTIES):
        said = given[number] if number < len(given) else "nothing"
        if said == right:
            yield passed(f"{duty}: the {right} role.")
        else:
            advice = "Ask who makes this call: your code, the agent for your task, the agent for itself, or ECS."
            yield failed(f"{duty}: that is not done with “{said}”.", advice, code=code)


def _environment(definition: dict[str, Any]) -> set[str]:
    return {pair["name"] for box in definition["containerDefinitions"] for pair in box.get("environment", [])}


def password(world: World) -> Iterable[Finding]:
    definition = attempted(world, "kitchen")
    task = running(world, "kitchen")
    execution = str(definition.get("executionRoleArn") or "")
    own = str(definition.get("taskRoleArn") or "")
    secret = f"arn:aws:ssm:us-east-1:{account_of(own or execution or ':::::')}:parameter/shop/db-password"
    if task is None:
        untouched = definition["revision"] == 1 and not own_policies(world, "kitchen-execution")
        on_task = bool(own) and may(world, own, "ssm:GetParameters", secret)
        if untouched and not on_task:
            raise NotAttempted("The task of `kitchen` still stops before it starts.")
        yield _no_password(world, definition, on_task=on_task)
        return
    if "DB_PASSWORD" in _environment(definition):
        advice = "Whoever may describe the task definition reads it there. Use `secrets`."
        yield failed("The password is in the task definition.", advice, code="T5", weight=3)
        return
    stored = world.client("ssm").get_parameter(Name="/shop/db-password", WithDecryption=True)["Parameter"]["Value"]
    if ask(world, task, "/env?name=DB_PASSWORD") == (200, stored):
        yield passed("The password is in the container's environment.")
    else:
        yield failed("DB_PASSWORD does not hold the parameter.", "See `secrets`.", code="no-secret", weight=3)
        return
    other = secret.replace("/shop/db-password", "/payroll/key")
    if execution and may(world, execution, "ssm:GetParameters", other):
        advice = "Resource: arn:aws:ssm:region:account:parameter/shop/db-password"
        yield failed("The execution role can fetch /payroll/key, too.", advice, code="too-wide")
    else:
        yield passed("The execution role can fetch no other secret.")
    calls = ("ssm/get_parameter?Name=/shop/db-password", 'ssm/get_parameters?Names=["/shop/db-password"]')
    if all(denied(world, task, call) for call in calls):
        yield passed("Your code cannot fetch it: it does not see the execution role.")
    else:
        advice = "The task role needs no permission for `secrets`. Take it away again."
        yield failed("Your code can fetch the parameter itself.", advice, code="T3")


def _no_password(world: World, definition: dict[str, Any], *, on_task: bool) -> Finding:
    if on_task:
        advice = "The value is fetched before your code exists. The message names the role that asked."
        return failed("The permission is on the task role, and the task still stops.", advice, code="T3", weight=3)
    reason = last_failure(world, "kitchen")
    if "ssm:GetParameters on" in reason:
        advice = "The agent asks for ssm:GetParameters, with an s at the end, on the parameter's ARN."
        return failed(f"The task still stops: {reason}", advice, code="wrong-permission", weight=3)
    return not_running(world, "kitchen", definition)


def log_group(world: World) -> Iterable[Finding]:
    definition = attempted(world, "till")
    task = running(world, "till")
    managed = own_policies(world, "till-execution") == ["AmazonECSTaskExecutionRolePolicy"]
    groups = world.client("logs").describe_log_groups(logGroupNamePrefix="/shop/till")["logGroups"]
    there = "/shop/till" in [group["logGroupName"] for group in groups]
    if task is None:
        if definition["revision"] == 1 and managed and not there:
            raise NotAttempted("The task of `till` still stops before it starts.")
        if "logs:CreateLogGroup" in last_failure(world, "till"):
            advice = "The managed policy can make streams and write events, but no groups. The execution role asks."
            yield failed("The task still may not make its log group.", advice, code="T9", weight=2)
        else:
            yield not_running(world, "till", definition)
        return
    logging = definition["containerDefinitions"][0].get("logConfiguration") or {}
    if there and (logging.get("options") or {}).get("awslogs-group") == "/shop/till":
        yield passed("The task runs, and logs to /shop/till.")
    else:
        yield failed("It runs, but does not log to /shop/till.", "Keep the logConfiguration.", code="no-log", weight=2)
        return
    role = str(definition.get("executionRoleArn") or "")
    group = f"arn:aws:logs:us-east-1:{account_of(role or ':::::')}:log-group:/shop/till"
    wide = [r for r in (group, f"{group}:*") if role and may(world, role, "logs:DeleteLogGroup", r)]
    if wide:
        yield failed("It could also delete the group.", "One action is missing, not logs:*.", code="too-wide")
    else:
        yield passed("It can make the group, and not delete it.")


BELIEFS = {
    "a": ("T4", "The agent fetches secrets once, before the container starts."),
    "c": ("credentials", "Credentials are renewed; variables of a process cannot be."),
    "d": ("restart", "ECS does not watch the parameter. Somebody has to start the deployment."),
}


def rotation(world: World) -> Iterable[Finding]:
    answer = str(world.answer()).strip().lower()[:1]
    if answer == "b":
        yield passed("A running task keeps what it started with.")
    elif answer in BELIEFS:
        code, advice = BELIEFS[answer]
        yield failed("That is not what happens.", advice, code=code)
    else:
        raise NotAttempted('Hand in one letter: "a", "b", "c" or "d".')


def token(world: World) -> Iterable[Finding]:
    tasks = [task for task in world.tasks(service="api") if task["lastStatus"] == "RUNNING"]
    if not tasks:
        yield failed("The service `api` has no running task.", "lab.why('api') says why.", code="not-running")
        return
    stored = world.client("ssm").get_parameter(Name="/shop/token", WithDecryption=True)["Parameter"]["Value"]
    if stored != "new":
        advice = 'Set the parameter to "new" again. The service is what has to change.'
        yield failed("The parameter itself is not `new` any more.", advice, code="set-back")
        return
    definitions = [_definition_of(world, str(task["taskDefinitionArn"])) for task in tasks]
    if any("TOKEN" in _environment(definition) for definition in definitions):
        advice = "Everybody who may describe the definition can read it. Keep `secrets`, and start anew."
        yield failed("The token stands in the task definition.", advice, code="T5")
        return
    seen = [ask(world, task, "/env?name=TOKEN") for task in tasks]
    if all(answer == (200, "new") for answer in seen):
        yield passed("Every task of the service has the new token.")
        return
    if str(tasks[0]["taskDefinitionArn"]).endswith(":1") and len(world.definitions("api")) == 1:
        raise NotAttempted("The task still has the old token, and no new one is on its way.")
    advice = "A new revision or a new value alone does nothing: the service needs a new deployment."
    yield failed("A running task still has the old token.", advice, code="T4")


def _definition_of(world: World, arn: str) -> dict[str, Any]:
    try:
        return world.definition(arn) or {"containerDefinitions": []}
    except ClientError:
        return {"containerDefinitions": []}
