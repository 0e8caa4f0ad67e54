"""What the checks of lab 6 look at: who answers where, asked from inside containers, and whose network interface it is.

Invariant: it only reads; a container is asked to fetch, which changes nothing but its log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ecslab.checks import World
from ecslab.errors import EcslabError
from ecslab.timeline import real_monotonic, real_sleep

Task = Mapping[str, Any]
PATIENCE = 4.0
"""Real seconds that a RUNNING container is given to listen."""
DYNAMIC = range(32768, 61000)
"""Where an instance takes its dynamic host ports from."""


def short(arn: object) -> str:
    return str(arn).rsplit("/", 1)[-1]


def family_of(task: Task) -> str:
    return short(task["taskDefinitionArn"]).rpartition(":")[0]


def running(world: World, family: str) -> list[dict[str, Any]]:
    """The RUNNING tasks of a family, oldest first, whoever has started them."""
    return [t for t in world.tasks() if family_of(t) == family and t["lastStatus"] == "RUNNING"]


def mode_of(world: World, task: Task) -> str:
    return str((world.definition(task["taskDefinitionArn"]) or {}).get("networkMode") or "bridge")


def place_of(world: World, task: Task, port: int) -> str:
    """HOST:PORT at which other containers reach a container port of a task; empty where they cannot."""
    for found in world.endpoints(task["taskArn"]):
        if found["containerPort"] == port:
            return f"{found['host']}:{found['port']}"
    return ""


def fetched(world: World, task: Task, url: str, *, port: int = 80, wait: bool = True) -> str:
    """What a container of a task gets from ``url``; empty where it gets nothing. ``wait``: it is expected to."""
    deadline = real_monotonic() + (PATIENCE if wait and world.runtime != "simulated" else 0.0)
    while True:
        found = _fetched_once(world, task, url, port)
        if found or real_monotonic() >= deadline:
            return found
        real_sleep(0.2)


def _fetched_once(world: World, task: Task, url: str, port: int) -> str:
    try:
        status, body = world.curl(str(task["taskArn"]), port, f"/fetch?url={quote(url, safe='')}")
    except EcslabError:
        return ""
    inner, _, rest = body.partition("\n")
    return rest if status == 200 and inner == "200" else ""


def variable(world: World, task: Task, name: str, *, port: int = 80) -> str:
    """A variable of the environment inside; empty where there is none."""
    try:
        status, body = world.curl(str(task["taskArn"]), port, f"/env?name={name}")
    except EcslabError:
        return ""
    return body.strip() if status == 200 else ""


def interface_of(world: World, task: Task) -> dict[str, Any] | None:
    """The task's network interface, as EC2 shows it."""
    ids = [d["value"] for a in task["attachments"] for d in a["details"] if d["name"] == "networkInterfaceId"]
    if not ids:
        return None
    found = world.client("ec2").describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    return dict(found[0]) if found else None


def host_ports(task: Task) -> list[int]:
    return [b["hostPort"] for c in task["containers"] for b in c.get("networkBindings", ())]
