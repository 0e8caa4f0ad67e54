"""Questions 8.8 to 8.10: who may assume a role, who may pass it, and what decided a denial.

Invariant: an untouched account is not attempted; policies are judged by what they decide, never by their text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import ECS_TASKS, may, running, trust_of, trusts

STRANGER = "999999999999"


def _arn(world: World, role: str) -> str:
    return f"arn:aws:iam::{world.client('sts').get_caller_identity()['Account']}:role/{role}"


def careful(world: World) -> Iterable[Finding]:
    arn = _arn(world, "careful")
    trust, account = trust_of(world, arn), arn.split(":")[4]
    if trust is None:
        raise NotAttempted("There is no role `careful` yet.")
    if not trusts(trust, arn, account):
        if ":cluster/" in json.dumps(trust):
            advice = f"aws:SourceArn does not name a cluster. What always fits: arn:aws:ecs:us-east-1:{account}:*"
            yield failed("No task can assume the role: it waits for the ARN of a cluster.", advice, code="T7", weight=3)
        elif "ecs-tasks" in json.dumps(trust):
            advice = "Compare ARN patterns with ArnLike; StringEquals takes * for a letter like any other."
            yield failed("The condition keeps your own tasks out, too.", advice, code="too-narrow", weight=3)
        else:
            advice = "Tasks get their roles through ecs-tasks.amazonaws.com."
            yield failed("ECS tasks cannot assume the role.", advice, code="T6", weight=3)
        return
    task = running(world, "careful")
    role = (world.definition(str(task["taskDefinitionArn"])) or {}).get("taskRoleArn") if task else None
    if role == arn:
        yield passed("A task runs with the role.")
    else:
        yield failed("No task of `careful` runs with this role.", 'start("careful")', code="not-running")
    if trusts(trust, arn, STRANGER):
        advice = "A Condition on aws:SourceAccount, or on aws:SourceArn."
        yield failed("It can be assumed for any other account, too.", advice, code="deputy", weight=2)
    else:
        yield passed("It cannot be assumed for another account.", weight=2)


def passing(world: World) -> Iterable[Finding]:
    user = _arn(world, "x").replace(":role/x", ":user/deployer")
    wanted = {name: _may_pass(world, user, name, ECS_TASKS) for name in ("stall-task", "stall-execution")}
    admin = _may_pass(world, user, "stall-admin", ECS_TASKS)
    if not any(wanted.values()) and not admin:
        iam = world.client("iam")
        added = iam.list_user_policies(UserName="deployer")["PolicyNames"] != ["own"]
        if not added and not iam.list_attached_user_policies(UserName="deployer")["AttachedPolicies"]:
            raise NotAttempted("The deployer's permissions are as they were.")
    missing = [name for name, fine in wanted.items() if not fine]
    runs = may(
        world, user, "ecs:RunTask", "arn:aws:ecs:us-east-1:" + user.split(":")[4] + ":task-definition/stall-task:1"
    )
    if missing:
        advice = "A task has two roles, and each is passed: iam:PassRole on both ARNs. ecs:* does not contain it."
        yield failed(f"The deployer may not pass {' and '.join(missing)}.", advice, code="T8", weight=3)
        return
    if not runs:
        yield failed("It may not run tasks any more.", "It needs ecs:RunTask as well.", code="no-run", weight=3)
        return
    yield passed("It may pass both roles.")
    if admin:
        advice = "Name the two roles in Resource. Who may pass an administrator's role is an administrator."
        yield failed("It may pass `stall-admin`, too.", advice, code="any-role")
    else:
        yield passed("It may pass no other role.")
    if _may_pass(world, user, "stall-task", "lambda.amazonaws.com"):
        advice = f"A Condition: iam:PassedToService is {ECS_TASKS}."
        yield failed("It may pass them to any service, such as Lambda.", advice, code="any-service")
    else:
        yield passed("It may pass them to ECS tasks only.")


def _may_pass(world: World, user: str, role: str, service: str) -> bool:
    return may(world, user, "iam:PassRole", _arn(world, role), iam__PassedToService=service)


DECIDED = (("anna", "deny"), ("bert", "boundary"), ("cleo", "nothing"))


def denials(world: World) -> Iterable[Finding]:
    answer = world.answer()
    given = [str(word).strip().lower() for word in answer] if isinstance(answer, list | tuple) else []
    if not given:
        raise NotAttempted("Hand in a list of three words.")
    for number, (cook, right) in enumerate(DECIDED):
        said = given[number] if number < len(given) else ""
        if said == right:
            yield passed(f"{cook}: {right}.")
        else:
            advice = f'lab.why_denied("{cook}") names the policy that decided, if one did.'
            yield failed(f"{cook}: it was not “{said}”.", advice, code=f"not-{said or 'given'}")
