"""Questions 5.2, 5.5, 5.7 and 5.8: what runs where, and how it was described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ecslab.checks import Finding, NotAttempted, World, failed, passed
from ecslab.errors import EcslabError
from ecslab.timeline import real_monotonic, real_sleep

Task = Mapping[str, Any]
PATIENCE = 4.0
"""Real seconds that a RUNNING container is given to listen, and its lines to arrive."""


def family_of(task: Task) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rpartition(":")[0]


def running(world: World, family: str, launch: str = "") -> list[dict[str, Any]]:
    found = [t for t in world.tasks() if family_of(t) == family and t["lastStatus"] == "RUNNING"]
    return [t for t in found if launch in ("", t.get("launchType"))]


def _answers(world: World, task: Task, port: int) -> str:
    """What the web server in a task says; empty where it says nothing in time."""
    deadline = real_monotonic() + (0.0 if world.runtime == "simulated" else PATIENCE)
    while True:
        try:
            status, body = world.curl(str(task["taskArn"]), port)
            return body if status == 200 else ""
        except EcslabError:
            if real_monotonic() >= deadline:
                return ""
            real_sleep(0.2)


def shop(world: World) -> Iterable[Finding]:
    if len(world.definitions("shop")) < 2:
        raise NotAttempted("Register a revision of `shop` for Fargate first.")
    tasks = running(world, "shop", "FARGATE")
    if not tasks:
        yield failed("No task of `shop` runs on Fargate.", 'run("shop") starts one.', code="not-run", weight=4)
        return
    task = tasks[-1]
    definition = world.definition(task["taskDefinitionArn"]) or {}
    yield passed("The shop runs on Fargate.")
    size = (definition.get("cpu"), definition.get("memory"))
    if size == ("256", "512"):
        yield passed("256 units with 512 MiB: the smallest, and it holds 200 units and 300 MiB.")
    else:
        yield failed(f"It has {size[0]} units and {size[1]} MiB.", "There is a smaller size that holds it.",
                     code="too-big")  # fmt: skip
    container = definition["containerDefinitions"][0]
    kept = {"name": "VERSION", "value": "7"} in container.get("environment", ()) and container[
        "image"
    ] == "ecslab/web:1"
    if kept:
        yield passed("The program and its environment are what they were.")
    else:
        yield failed("The image or the environment has changed.", "Only what Fargate does not take has to go.",
                     code="changed")  # fmt: skip
    if _answers(world, task, 80):
        yield passed("It answers on port 80.")
    else:
        yield failed("It does not answer on port 80.", "containerPort 80, and no hostPort.", code="no-answer")


def speaker(world: World) -> Iterable[Finding]:
    if not world.definitions("speaker"):
        raise NotAttempted("No definition `speaker` has been accepted yet.")
    tasks = running(world, "speaker", "FARGATE")
    if tasks:
        yield passed("A speaker runs on Fargate.")
    else:
        stopped = [t for t in world.tasks(stopped=True) if family_of(t) == "speaker" and t.get("stoppedReason")]
        reason = stopped[-1]["stoppedReason"] if stopped else "none was started"
        advice = "The execution role may create streams and write to them. It may not create groups: you do."
        code = "no-group" if "log" in reason.lower() else "not-run"
        yield failed(f"No speaker runs: {reason}.", advice, code=code, weight=2)
        return
    lines = _lines(world, tasks[-1])
    if any("line 3" in line for line in lines):
        yield passed("Its lines have arrived in /ecs/speaker.")
    else:
        yield failed("Its lines are not in /ecs/speaker.", "awslogs, with that group.", code="no-lines")


def _lines(world: World, task: Task) -> list[str]:
    stream = f"speaker/{task['containers'][0]['name']}/{str(task['taskArn']).rsplit('/', 1)[-1]}"
    deadline = real_monotonic() + (0.0 if world.runtime == "simulated" else PATIENCE)
    while True:
        try:
            said = world.client("logs").get_log_events(logGroupName="/ecs/speaker", logStreamName=stream)["events"]
        except ClientError:
            said = []
        if any("line 3" in event["message"] for event in said) or real_monotonic() >= deadline:
            return [str(event["message"]) for event in said]
        real_sleep(0.2)


def watchmen(world: World) -> Iterable[Finding]:
    guard, far = world.service("watchman"), world.service("watchman-fargate")
    active = [s for s in (guard, far) if s is not None and s["status"] == "ACTIVE"]
    if not active:
        raise NotAttempted("There is no service `watchman` yet.")
    instances = world.ecs.list_container_instances(cluster="default", status="ACTIVE")["containerInstanceArns"]
    on = {t["containerInstanceArn"] for t in running(world, "watchman", "EC2")}
    if on >= set(instances):
        yield passed(f"A watchman is on each of your {len(instances)} instances.")
    else:
        yield failed(f"A watchman is on {len(on)} of {len(instances)} instances.", "", code="not-each")
    if guard is not None and guard["schedulingStrategy"] == "DAEMON":
        yield passed("And on those that come tomorrow: the strategy is DAEMON.")
    else:
        advice = "Two replicas on two instances look alike today. With a third instance they do not."
        yield failed("Tomorrow's instances will have none.", advice, code="replica")
    if len(running(world, "watchman-fargate", "FARGATE")) == 2:
        yield passed("Two watch on Fargate.")
    else:
        advice = "Fargate shows no instances, so DAEMON means nothing there: REPLICA with desiredCount 2."
        yield failed("On Fargate there should be two.", advice, code="T53")


def frog(world: World) -> Iterable[Finding]:
    dry, wet = running(world, "frog", "EC2"), running(world, "frog", "FARGATE")
    if not dry and not wet:
        raise NotAttempted("No task of `frog` runs yet.")
    revisions = {t["taskDefinitionArn"] for t in dry} & {t["taskDefinitionArn"] for t in wet}
    if revisions:
        yield passed("One revision runs on EC2 and on Fargate.", weight=2)
    elif dry and wet:
        yield failed(
            "Both run, but not the same revision.", "One definition can be good for both.", code="two", weight=2
        )
    else:
        missing = "EC2" if not dry else "Fargate"
        yield failed(f"None runs on {missing}.", "lab.why(task), or the failures of run_task.", code="one", weight=2)
    arn = next(iter(revisions), (dry or wet)[-1]["taskDefinitionArn"])
    asked = set((world.definition(arn) or {}).get("requiresCompatibilities") or ())
    if asked == {"EC2", "FARGATE"}:
        yield passed("It was checked against both when it was registered.")
    else:
        advice = (
            "requiresCompatibilities has ECS check the definition when you register it, not when you are in a hurry."
        )
        yield failed(f"It asks for {', '.join(sorted(asked)) or 'nothing'}.", advice, code="unchecked")
    silent = [t for t in (*dry[-1:], *wet[-1:]) if not _answers(world, t, 80)]
    if silent:
        yield failed(f"{len(silent)} of them do not answer on port 80.", "", code="no-answer")
    else:
        yield passed("Whoever runs answers.")
