"""Questions 8.2, 8.3 and 8.11: what code in a container may do, tried by calls from inside it.

Each property has a call that must work and one that must not. Invariant: an untouched account is not attempted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecslab.checks import Finding, World, failed, passed

from .looking import ask, attempted, denied, may, not_running, running, works

Wire = Mapping[str, Any]
READ = "s3/get_object?Bucket={}&Key={}"


def reads_the_menu(world: World) -> Iterable[Finding]:
    definition = attempted(world, "app")
    task = running(world, "app")
    if task is None:
        yield not_running(world, "app", definition)
        return
    if works(world, task, READ.format("menu", "today")):
        yield passed("The code in the container has read `today`.", weight=2)
    else:
        yield _cannot_read(world, task, definition)
        return
    if denied(world, task, READ.format("staff", "salaries")):
        yield passed("It cannot read what is in another bucket.")
    else:
        advice = "Name what it needs in Resource: arn:aws:s3:::menu/…"
        yield failed("It can read the bucket `staff`, too, salaries and all.", advice, code="too-wide")


def _cannot_read(world: World, task: Wire, definition: Wire) -> Finding:
    execution = str(definition.get("executionRoleArn") or "")
    if execution and may(world, execution, "s3:GetObject", "arn:aws:s3:::menu/today"):
        advice = "The execution role is never visible to your code. Which other role does a task have?"
        return failed("The permission is on the execution role, and the call is refused.", advice, code="T1", weight=3)
    said = ask(world, task, "/aws/" + READ.format("menu", "today"))[1]
    error = said.get("error") if isinstance(said, dict) else said
    if error == "NoCredentials":
        advice = "A role belongs to a revision: name it as taskRoleArn, register, and start a new task."
        return failed("The newest task has no credentials: it has no task role.", advice, code="no-role", weight=3)
    advice = 'lab.why_denied() says what is missing. An object\'s ARN is "arn:aws:s3:::bucket/key".'
    return failed(f"The call ends with {error}.", advice, code="not-allowed", weight=3)


def orders_only(world: World) -> Iterable[Finding]:
    definition = attempted(world, "orders")
    task = running(world, "orders")
    if task is None:
        yield not_running(world, "orders", definition)
        return
    reads = [works(world, task, READ.format("shop", key)) for key in ("orders/2", "orders/2026/11/7")]
    if not all(reads):
        advice = "Objects have ARNs of their own, and * covers slashes, too: arn:aws:s3:::shop/orders/*"
        yield failed("It cannot read all objects under orders/.", advice, code="cannot-read", weight=3)
        return
    yield passed("It reads every object under orders/.")
    keys = ("payroll/june", "menu.txt")
    if all(denied(world, task, READ.format("shop", key)) for key in keys):
        yield passed("It reads no other object of the bucket.")
    else:
        yield failed("It can read payroll/june or menu.txt, too.", "End the ARN with a prefix.", code="too-wide")
    yield _listing(world, task, "shop", "orders/", ("payroll/", ""))


def _listing(world: World, task: Wire, bucket: str, right: str, wrong: tuple[str, ...]) -> Finding:
    if not works(world, task, f"s3/list_objects_v2?Bucket={bucket}&Prefix={right}"):
        advice = f"s3:ListBucket is a question about the bucket: its Resource is arn:aws:s3:::{bucket}, without a key."
        return failed(f"It cannot list {right}.", advice, code="list-on-objects")
    listings = [f"s3/list_objects_v2?Bucket={bucket}" + (f"&Prefix={prefix}" if prefix else "") for prefix in wrong]
    if all(denied(world, task, call) for call in listings):
        return passed(f"It can list {right} and nothing beside it.")
    advice = "The bucket's ARN has no room for a prefix. A Condition has: s3:prefix."
    return failed(f"It can list more than {right}.", advice, code="lists-all")


def courier(world: World) -> Iterable[Finding]:
    definition = attempted(world, "courier")
    task = running(world, "courier")
    if task is None:
        yield not_running(world, "courier", definition)
        return
    role = str((task.get("overrides") or {}).get("taskRoleArn") or definition.get("taskRoleArn") or "")
    if not role:
        yield failed("It has no task role.", "Code uses the task role.", code="no-role")
        return
    needs = {
        "read incoming/": works(world, task, READ.format("courier", "incoming/2026/2")),
        "list incoming/": works(world, task, "s3/list_objects_v2?Bucket=courier&Prefix=incoming/"),
        "write done/": may(world, role, "s3:PutObject", "arn:aws:s3:::courier/done/77"),
        "read the route": works(world, task, "ssm/get_parameter?Name=/courier/route"),
    }
    missing = [name for name, fine in needs.items() if not fine]
    if missing:
        yield failed(f"It cannot {', cannot '.join(missing)}.", "lab.why_denied() says why.", code="missing", weight=2)
    else:
        yield passed("It can do all of its work.", weight=2)
    if len(missing) == len(needs):
        return
    extra = [name for name, fine in _forbidden(world, task, role).items() if not fine]
    if extra:
        advice = "One statement for each thing it does, with its own Action and Resource."
        yield failed(f"It can also {', and '.join(extra)}.", advice, code="too-wide", weight=2)
    else:
        yield passed("It can do nothing else that was tried.", weight=2)


def _forbidden(world: World, task: Wire, role: str) -> dict[str, bool]:
    """What the courier must not do, and whether it is kept from it."""
    objects = "arn:aws:s3:::courier/"
    return {
        "read done/": denied(world, task, READ.format("courier", "done/1")),
        "read keys.txt": denied(world, task, READ.format("courier", "keys.txt")),
        "list the whole bucket": denied(world, task, "s3/list_objects_v2?Bucket=courier"),
        "list done/": denied(world, task, "s3/list_objects_v2?Bucket=courier&Prefix=done/"),
        "read the boss's route": denied(world, task, "ssm/get_parameter?Name=/courier/route-of-the-boss"),
        "read the menu": denied(world, task, READ.format("menu", "today")),
        "write incoming/": not may(world, role, "s3:PutObject", objects + "incoming/77"),
        "delete under done/": not may(world, role, "s3:DeleteObject", objects + "done/1"),
        "delete under incoming/": not may(world, role, "s3:DeleteObject", objects + "incoming/1"),
    }
