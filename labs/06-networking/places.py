"""Questions 6.4, 6.8 and 6.9: ports of instances, interfaces in subnets, and a task that is sealed."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed
from ecslab.errors import EcslabError

from .looking import DYNAMIC, Task, family_of, host_ports, interface_of, mode_of, running


def three_menus(world: World) -> Iterable[Finding]:
    tasks = running(world, "menu")
    definitions = world.definitions("menu")
    if len(definitions) < 2 and len(tasks) < 3:
        raise NotAttempted("There is only the definition with the fixed port.")
    other = [t for t in tasks if mode_of(world, t) != "bridge"]
    if other:
        advice = "That is a way, but keep bridge mode here: what must not be fixed is one number."
        yield failed(f"It runs in {mode_of(world, other[0])} mode.", advice, code="mode", weight=3)
        return
    if len(tasks) == 3:
        yield passed("Three copies run on two instances.")
    else:
        yield failed(f"{len(tasks)} copies run; it should be three.", "failures[] says what was missing.",
                     code="wrong-count")  # fmt: skip
    ports = [port for task in tasks for port in host_ports(task)]
    if ports and all(port in DYNAMIC for port in ports):
        yield passed(f"Their host ports were chosen by the instance: {', '.join(map(str, sorted(ports)))}.")
    else:
        fixed = sorted({port for port in ports if port not in DYNAMIC})
        advice = "Another fixed number only moves the quarrel. hostPort 0, or none at all, lets the instance choose."
        yield failed(f"Fixed host ports: {', '.join(map(str, fixed)) or 'none is mapped'}.", advice, code="T15")
    answering = sum(_answers(world, task) for task in tasks)
    if tasks and answering == len(tasks):
        yield passed("All of them answer.")
    else:
        yield failed(f"{answering} of {len(tasks)} answer.", "Is containerPort 80 mapped?", code="no-answer")


def _answers(world: World, task: Task) -> bool:
    try:
        return world.curl(str(task["taskArn"]))[0] == 200
    except EcslabError:
        return False


def two_zones(world: World) -> Iterable[Finding]:
    service = world.service("branch")
    if service is None or service["status"] != "ACTIVE":
        raise NotAttempted("There is no service `branch` yet.")
    tasks = [t for t in world.tasks(service="branch") if t["lastStatus"] == "RUNNING"]
    if len(tasks) >= 2:
        yield passed(f"{len(tasks)} tasks run.")
    else:
        yield failed(f"{len(tasks)} tasks run.", "It should be two.", code="one-task")
    found = [interface for task in tasks if (interface := interface_of(world, task)) is not None]
    zones = sorted({interface["AvailabilityZone"] for interface in found})
    if len(zones) >= 2:
        yield passed(f"Their network interfaces are in {' and '.join(zones)}.")
    else:
        advice = "A subnet is in one zone. awsvpcConfiguration takes several subnets, and ECS spreads over them."
        yield failed(f"All in {', '.join(zones) or 'no zone'}: when it fails, everything does.", advice,
                     code="one-zone")  # fmt: skip
    public = [interface for interface in found if interface.get("Association")]
    if found and not public:
        yield passed("None has a public address: who needs none should have none.")
    else:
        advice = "assignPublicIp DISABLED is the default of the API. These tasks call nobody outside."
        yield failed(f"{len(public)} of {len(found)} have a public address.", advice, code="public")


def sealed(world: World) -> Iterable[Finding]:
    tasks = [t for t in world.tasks(stopped=True) if family_of(t) == "hermit" and t["lastStatus"] == "STOPPED"]
    if not tasks:
        raise NotAttempted("No task of the family `hermit` has ended yet.")
    task = tasks[-1]
    mode, code = mode_of(world, task), task["containers"][0].get("exitCode")
    if mode == "none":
        yield passed("networkMode none: its namespace has nothing in it but a loopback.")
    else:
        advice = "Without port mappings nobody gets in, but the container still gets out. Which mode has no way at all?"
        yield failed(f"It ran in {mode} mode.", advice, code="no-ports-is-not-none")
    if code == 1:
        yield passed("It tried to call the neighbour, and could not.")
    elif world.runtime == "process" and mode == "none":
        yield passed("(On this runtime none seals nothing: the call went through.)")
    elif code is None:
        yield failed("It has not run.", "lab.why(task) says why.", code="never-ran")
    else:
        yield failed(f"It ended with {code}: the call to the neighbour went through.", "Seal it.", code="reached")
