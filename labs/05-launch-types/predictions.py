"""Questions 5.1, 5.3, 5.4 and 5.6: who owns what, sizes, refusals and dollars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecslab.checks import Finding, World, failed, passed

SENTENCES = (
    ("EC2", "The operating system under Fargate is AWS's.", "whose"),
    ("EC2", "Fargate is awsvpc, where hostPort is empty or the container's.", "T14"),
    ("both", "A task role belongs to the task, wherever it runs.", "whose"),
    ("neither", "EC2 bills instances, Fargate bills what the task asks for.", "T79"),
    ("EC2", "DAEMON means one on each instance, and Fargate shows none.", "T53"),
    ("FARGATE", "By the second, one minute at least.", "T79"),
)


def listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]


def owners(world: World) -> Iterable[Finding]:
    for number, (given, (right, why, code)) in enumerate(
        zip(listed(world.answer(), len(SENTENCES)), SENTENCES, strict=True), start=1
    ):
        if str(given or "").strip().lower() == right.lower():
            yield passed(f"{number}: {right}. {why}")
        else:
            yield failed(f"{number}: not {given}.", why, code=code)


FARGATE_SIZES: Mapping[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""Source: facts §1 (botocore, Amazon ECS Developer Guide "Task size")."""
NEEDS = ((900, 2253), (200, 3072), (300, 600), (5120, 17408))
VCPU_HOUR, GB_HOUR = 0.04048, 0.004445
"""Dollars in us-east-1 (facts §15)."""


def cheapest(cpu: int, memory: int) -> tuple[int, int]:
    """The cheapest pair that has so much of both."""
    pairs = [(c, m) for c, steps in FARGATE_SIZES.items() for m in steps if c >= cpu and m >= memory]
    return min(pairs, key=lambda pair: pair[0] / 1024 * VCPU_HOUR + pair[1] / 1024 * GB_HOUR)


def sizes(world: World) -> Iterable[Finding]:
    for number, (given, need) in enumerate(zip(listed(world.answer(), len(NEEDS)), NEEDS, strict=True), start=1):
        yield _size(number, given, need)


def _size(number: int, given: Any, need: tuple[int, int]) -> Finding:
    right = cheapest(*need)
    pair = tuple(int(part) if str(part).isdigit() else 0 for part in listed(given, 2))
    if pair == right:
        return passed(f"{number}: {right[0]} units with {right[1]} MiB.")
    cpu, memory = pair
    if memory not in FARGATE_SIZES.get(cpu, ()):
        return failed(f"{number}: {cpu} units with {memory} MiB are not to be had.",
                      "Fargate sells pairs from the list, nothing between.", code="T30")  # fmt: skip
    if cpu < need[0] or memory < need[1]:
        return failed(f"{number}: {cpu} units with {memory} MiB are too small.", "1 GB is 1024 MiB.", code="too-small")
    return failed(f"{number}: {cpu} units with {memory} MiB would do, but there is a cheaper one.",
                  "Go up the list until both fit, and stop there.", code="too-big")  # fmt: skip


BOX: Mapping[str, Any] = {"name": "app", "image": "ecslab/web:1"}
PLAIN: Mapping[str, Any] = {
    "family": "trial",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [BOX],
}
INSTANCE = {"type": "memberOf", "expression": "attribute:ecs.instance-type == t3.small"}
TRIALS: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "a": ({"containerDefinitions": [{**BOX, "privileged": True}]}, "privileged: the host is not yours", "host"),
    "b": ({"containerDefinitions": [{**BOX, "readonlyRootFilesystem": True}]}, "a read-only root", "allowed"),
    "c": ({"volumes": [{"name": "data", "host": {"sourcePath": "/srv/data"}}]}, "a path of the host", "T46"),
    "d": ({"volumes": [{"name": "scratch"}]}, "a volume on the task's own disk", "allowed"),
    "e": (
        {"containerDefinitions": [{**BOX, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}]},
        "another host port in awsvpc",
        "T14",
    ),
    "f": ({"containerDefinitions": [{**BOX, "stopTimeout": 300}]}, "a stopTimeout above 120", "T49"),
    "g": ({"ephemeralStorage": {"sizeInGiB": 100}}, "100 GiB of ephemeral storage", "allowed"),
    "h": ({"placementConstraints": [INSTANCE]}, "a placement constraint", "placement"),
    "i": (
        {"containerDefinitions": [{**BOX, "healthCheck": {"command": ["CMD", "app", "health"]}}]},
        "a health check",
        "allowed",
    ),
}
"""The same as in the lab, with what it is and which mistake it is to take it wrongly."""


def refusals(world: World) -> Iterable[Finding]:
    answer = world.answer()
    given = {str(letter).strip().lower() for letter in (answer if isinstance(answer, list | tuple | set | str) else ())}
    for letter, (more, what, code) in TRIALS.items():
        found = world.lab("POST", "/_ecslab/lint", {"definition": {**PLAIN, **more}})["faults"]
        refused = any(fault["severity"] == "ERROR" for fault in found)
        if (letter in given) == refused:
            yield passed(f"{letter}, {what}: {'refused' if refused else 'taken'}.")
        elif refused:
            yield failed(f"{letter}: Fargate refuses {what}.", "Whose machine would it be?", code=code)
        else:
            yield failed(f"{letter}: Fargate takes {what}.", "It stays within the task.", code="allowed")


def dollars(world: World) -> Iterable[Finding]:
    one = 0.25 * VCPU_HOUR + 0.5 * GB_HOUR
    right = (10 * one, 2 * 0.096, 16 * one, 2 * 0.096)
    told = ("Ten on Fargate", "Ten on two instances", "Sixteen on Fargate", "Sixteen on the same two instances")
    for number, (given, cost, what) in enumerate(zip(listed(world.answer(), 4), right, told, strict=True)):
        value = float(given) if isinstance(given, int | float) else -1.0
        if abs(value - cost) <= 0.0002:
            yield passed(f"{what}: {cost:.4f} $ an hour.")
        elif number % 2 and abs(value - (10, 16)[number // 2] / 8 * 0.096) < 0.0002:
            yield failed(f"{what}: not {given}.", "There are no parts of instances: round up.", code="part")
        elif number % 2 and abs(value - 0.096) < 0.0002:
            yield failed(f"{what}: not {given}.", "2048 units are eight tasks of 256, whatever the memory.", code="cpu")
        elif number % 2 == 0 and abs(value - (10, 16)[number // 2] * (0.25 * VCPU_HOUR + 512 * GB_HOUR)) < 0.1:
            yield failed(f"{what}: not {given}.", "The price is for a GB: 512 MiB are half of one.", code="unit")
        else:
            yield failed(f"{what}: not {given}.", "CPU and memory are both billed.", code="sum")
