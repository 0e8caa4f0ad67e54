"""What the checks of lab 8 look at: calls made from inside a task, and what IAM says of a role, a user or a trust.

Not the judging (the modules beside this one). Invariant: it only reads; what would write is asked of IAM's simulator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ecslab.checks import Finding, NotAttempted, Uncheckable, World, failed
from ecslab.errors import EcslabError
from ecslab.policy import Ask, Kind, Principal, decide_trust, parse
from ecslab.timeline import real_monotonic, real_sleep

PATIENCE = 10.0
"""Real seconds that a RUNNING container is given to listen."""
ECS_TASKS = "ecs-tasks.amazonaws.com"


def running(world: World, family: str) -> dict[str, Any] | None:
    """The newest RUNNING task of a family."""
    found = [task for task in world.tasks() if _family(task) == family and task["lastStatus"] == "RUNNING"]
    return found[-1] if found else None


def last_failure(world: World, family: str) -> str:
    """Why the newest task of a family could not start; "" where it is well."""
    found = [task for task in world.tasks(stopped=True) if _family(task) == family]
    failed_to_start = bool(found) and found[-1].get("stopCode") == "TaskFailedToStart"
    return str(found[-1].get("stoppedReason", "")) if failed_to_start else ""


def _family(task: Mapping[str, Any]) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rsplit(":", 1)[0]


def ask(world: World, task: Mapping[str, Any], path: str) -> tuple[int, Any]:
    """What the program in the task answers, as (HTTP status, JSON or text)."""
    deadline = real_monotonic() + (0.0 if world.runtime == "simulated" else PATIENCE)
    while True:
        try:
            status, body = world.curl(str(task["taskArn"]), path=path)
            return status, _decoded(body)
        except EcslabError as silent:
            if real_monotonic() > deadline:
                advice = "it has to be of an image with the SDK (ecslab/sdk:1) and map port 80"
                raise Uncheckable(f"The task does not answer; {advice}.") from silent
            real_sleep(0.3)


def _decoded(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.strip()


def works(world: World, task: Mapping[str, Any], call: str) -> bool:
    """Whether a call such as ``s3/get_object?Bucket=…`` succeeds from inside the task."""
    return ask(world, task, f"/aws/{call}")[0] == 200


def denied(world: World, task: Mapping[str, Any], call: str) -> bool:
    """Whether the call fails for want of a permission, and not for something else."""
    status, said = ask(world, task, f"/aws/{call}")
    error = str(said.get("error", "")) if isinstance(said, dict) else ""
    return status in (400, 401, 403) and (error.startswith("AccessDenied") or error == "NoCredentials")


def may(world: World, principal: str, action: str, resource: str, **context: str) -> bool:
    """What IAM's simulator says. ``context`` has ``__`` for a colon: s3__prefix. False where nobody has that ARN."""
    entries = [
        {"ContextKeyName": name.replace("__", ":"), "ContextKeyValues": [value], "ContextKeyType": "string"}
        for name, value in context.items()
    ]
    try:
        answer = world.client("iam").simulate_principal_policy(
            PolicySourceArn=principal, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
        )
    except ClientError:
        return False
    return bool(answer["EvaluationResults"][0]["EvalDecision"] == "allowed")


def trust_of(world: World, role_arn: str) -> Mapping[str, Any] | None:
    """The trust policy of a role; None where there is no such role."""
    try:
        role = world.client("iam").get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
    except ClientError:
        return None
    found: Mapping[str, Any] = role["AssumeRolePolicyDocument"]
    return found


def trusts(trust: Mapping[str, Any], role_arn: str, account: str, service: str = ECS_TASKS) -> bool:
    """Whether ECS may assume the role for a task of that account."""
    source = f"arn:aws:ecs:us-east-1:{account}:task/default/*"
    context = {"aws:SourceAccount": (account,), "aws:SourceArn": (source,)}
    asked = Ask(principal=service, action="sts:AssumeRole", resource=role_arn, context=context)
    document = parse(trust, name="trust policy", kind=Kind.TRUST)
    return decide_trust(asked, document, Principal(kind="Service", name=service)).allowed


def account_of(role_arn: str) -> str:
    return role_arn.split(":")[4]


def own_policies(world: World, role: str) -> list[str]:
    """The names of the policies on a role, inline and attached."""
    iam = world.client("iam")
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return list(inline) + [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


def attempted(world: World, family: str) -> dict[str, Any]:
    """The newest task definition of a family. NotAttempted where there is none."""
    found = world.definition(family)
    if found is None:
        raise NotAttempted(f"There is no task definition of the family `{family}` yet.")
    return found


def not_running(world: World, family: str, definition: Mapping[str, Any]) -> Finding:
    """Why no task of a family runs, as the finding that is closest to the cause."""
    for kind in ("taskRoleArn", "executionRoleArn"):
        arn = str(definition.get(kind) or "")
        trust = trust_of(world, arn) if arn else {}
        if trust is None:
            return failed(f"The role {arn} does not exist.", "Look at its name: iam.list_roles().", code="no-such-role")
        if trust and not trusts(trust, arn, account_of(arn)):
            text = f"ECS tasks cannot assume the role {arn.rsplit('/', 1)[-1]}: its trust policy does not let them."
            return failed(text, "Tasks get their roles through ecs-tasks.amazonaws.com.", code="T6")
    reason = last_failure(world, family)
    text = f"No task of `{family}` runs{': ' + reason if reason else '.'}"
    return failed(text, f'start("{family}") runs one.', code="not-running")
