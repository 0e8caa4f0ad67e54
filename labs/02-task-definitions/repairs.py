"""Question 2.8: eight broken definitions, each mended in its one fault and in nothing else.

Each is one row of a table: what must stay, and when the fault is gone. Invariant: a definition that is
registered with its fault, or without it but otherwise changed, does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed
from ecslab.model.definition import cpu_units, memory_mib

from .looking import Wire, only


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One broken definition: what must stay, which fields may change, and when the fault is gone."""

    family: str
    code: str
    kept: Wire
    """What must be found unchanged (of a container: of the first one)."""
    container: Wire
    mended: Callable[[Wire], bool]
    advice: str


def _web(**more: Any) -> dict[str, Any]:
    return {"name": "web", "image": "ecslab/web:1"} | more


def _fargate_pair(found: Wire) -> bool:
    cpu, memory = cpu_units(found.get("cpu")), memory_mib(found.get("memory"))
    smallest = {256: 512, 512: 1024, 1024: 2048, 2048: 4096, 4096: 8192}
    largest = {256: 2048, 512: 4096, 1024: 8192, 2048: 16384, 4096: 30720}
    return cpu in smallest and memory is not None and smallest[cpu] <= memory <= largest[cpu]


def _ports_match(found: Wire) -> bool:
    mapping = only(found)["portMappings"][0]
    return mapping.get("containerPort") == 80 and mapping.get("hostPort", 80) in (80, 0, None)


FARGATE = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
REPAIRS = (
    Repair(
        family="fix-units", code="T31", kept={}, container=_web(),
        mended=lambda d: (cpu_units(d.get("cpu")), memory_mib(d.get("memory"))) == (256, 512),
        advice="A task's size is text, a container's is a number. Keep the amounts.",
    ),
    Repair(
        family="fix-memory", code="no-memory", kept={}, container=_web(cpu=64),
        mended=lambda d: bool(only(d).get("memory") or only(d).get("memoryReservation") or d.get("memory")),
        advice="Placement must know how much memory to set aside; somewhere you have to tell it.",
    ),
    Repair(
        family="fix-essential", code="T37", kept={}, container=_web(memory=64),
        mended=lambda d: only(d).get("essential", True) is True,
        advice="If no container matters, when would the task be over?",
    ),
    Repair(
        family="fix-size", code="T30", kept=FARGATE, container=_web(), mended=_fargate_pair,
        advice="Fargate sells sizes in fixed pairs. What goes with a quarter of a vCPU, or what CPU with 4 GB?",
    ),
    Repair(
        family="fix-fargate", code="T33", kept={"cpu": "256", "memory": "512"},
        container=_web(), mended=lambda d: all(d.get(key) == value for key, value in FARGATE.items()),
        advice="What is the network mode of a definition that names none? Fargate knows only one.",
    ),
    Repair(
        family="fix-ports", code="T14", kept={"networkMode": "awsvpc"}, container=_web(memory=64), mended=_ports_match,
        advice="A task with its own address needs no second port number. The program listens on 80.",
    ),
    Repair(
        family="fix-export", code="T32", kept={"networkMode": "bridge"}, container=_web(cpu=64, memory=64),
        mended=lambda d: True,
        advice="What DescribeTaskDefinition shows is more than you may register: AWS adds fields.",
    ),
    Repair(
        family="fix-swapped", code="T34", kept={}, container=_web(cpu=64),
        mended=lambda d: (only(d).get("memory") or 0) >= (only(d).get("memoryReservation") or 1 << 30),
        advice="A reservation above the limit cannot be. Keep both settings.",
    ),
)  # fmt: skip


def repairs(world: World) -> Iterable[Finding]:
    found = [(repair, world.definition(repair.family)) for repair in REPAIRS]
    if not any(definition for _, definition in found):
        raise NotAttempted("None of the eight is registered yet.")
    for repair, definition in found:
        yield _judge(repair, definition)


def _judge(repair: Repair, found: dict[str, Any] | None) -> Finding:
    if found is None:
        return failed(f"`{repair.family}` is not registered.", repair.advice, code=repair.code)
    if len(found["containerDefinitions"]) != 1 or not _keeps(repair, found):
        advice = "Mend the one fault and leave everything else as it was."
        return failed(f"`{repair.family}` was changed in more than its fault.", advice, code="changed")
    if not repair.mended(found):
        return failed(f"`{repair.family}` is registered, but not as it was meant.", repair.advice, code=repair.code)
    return passed(f"`{repair.family}` is mended.")


def _keeps(repair: Repair, found: Wire) -> bool:
    web = only(found)
    return all(found.get(key) == value for key, value in repair.kept.items()) and all(
        web.get(key) == value for key, value in repair.container.items()
    )
