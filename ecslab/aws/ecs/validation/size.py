"""Rules on cpu and memory: of the task, of its containers, and the fixed sizes of Fargate.

Units: cpu in CPU units (1024 = one vCPU), memory in MiB. Not about placement: whether an instance has the room
is decided when a task is run. Invariant: a size that cannot be read is reported once, by the rule that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.reading import Container, Definition, number
from ecslab.model.definition import cpu_units, memory_mib

GIB = 1024
FARGATE_SIZES: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
    32768: (60 * GIB, 120 * GIB, 244 * GIB),
}
"""cpu → memory of every size Fargate has, x86_64 and ARM64 alike."""
WINDOWS_CPU = (1024, 2048, 4096)
TASK_CPU = (128, 196608)
MEMORY_FLOOR = 6
"""MiB under which an engine (Docker 20.10 and later) starts no container."""


def _size(definition: Definition, key: str, read: Callable[[str | int | None], int | None]) -> int | None:
    value = definition.wire.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    try:
        return read(value)
    except ValueError:
        return None


def _cpu(definition: Definition) -> int | None:
    return _size(definition, "cpu", cpu_units)


def _memory(definition: Definition) -> int | None:
    return _size(definition, "memory", memory_mib)


def task_cpu(definition: Definition) -> Iterator[Fault]:
    """Task cpu is CPU units or vCPUs; off Fargate between 128 and 196608 units."""
    value, units = definition.wire.get("cpu"), _cpu(definition)
    low, high = TASK_CPU
    unreadable = isinstance(value, str) and value != "" and units is None
    outside = units is not None and not definition.fargate and not low <= units <= high
    if unreadable or outside:
        advice = f"Set cpu to CPU units such as 256, or to vCPUs such as .25 vCPU, from {low} to {high} units."
        yield Fault(field="cpu", message="Invalid 'cpu' setting for task.", advice=advice)


def task_memory(definition: Definition) -> Iterator[Fault]:
    """Task memory is MiB or GB, and more than nothing."""
    value, mib = definition.wire.get("memory"), _memory(definition)
    if (isinstance(value, str) and value != "" and mib is None) or (mib is not None and mib < MEMORY_FLOOR):
        advice = "Set memory to MiB such as 512, or to GB such as 0.5 GB."
        yield Fault(field="memory", message="Invalid 'memory' setting for task.", advice=advice)


def fargate_cpu(definition: Definition) -> Iterator[Fault]:
    """Fargate sells tasks by size: cpu is given for the whole task."""
    if definition.fargate and definition.wire.get("cpu") in (None, ""):
        advice = "Set cpu of the task itself, such as 256, not only of its containers."
        yield Fault(field="cpu", message="Fargate requires that 'cpu' be defined at the task level.", advice=advice)


def fargate_memory(definition: Definition) -> Iterator[Fault]:
    """The same for memory."""
    if definition.fargate and definition.wire.get("memory") in (None, ""):
        message = "Fargate requires that 'memory' be defined at the task level."
        advice = "Set memory of the task itself, such as 512, not only of its containers."
        yield Fault(field="memory", message=message, advice=advice)


def fargate_size(definition: Definition) -> Iterator[Fault]:
    """Fargate has fixed pairs of cpu and memory; Windows from 1 to 4 vCPU."""
    cpu, memory = _cpu(definition), _memory(definition)
    if not definition.fargate or cpu is None or memory is None:
        return
    sizes = {c: m for c, m in FARGATE_SIZES.items() if not definition.windows or c in WINDOWS_CPU}
    if memory in sizes.get(cpu, ()):
        return
    if cpu in sizes:
        advice = f"With cpu {cpu}, set memory to {_listed(sizes[cpu])} MiB; it is {memory}."
        field = "memory"
    else:
        platform = "Windows on Fargate" if definition.windows else "Fargate"
        advice = f"Set cpu to {', '.join(map(str, sizes))}: {platform} has no size of {cpu} CPU units."
        field = "cpu"
    yield Fault(field=field, message="No Fargate configuration exists for given values.", advice=advice)


def _listed(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def container_memory(definition: Definition) -> Iterator[Fault]:
    """Without memory for the task, every container says how much it needs."""
    if definition.wire.get("memory") not in (None, ""):
        return
    for container in definition.containers:
        if number(container.wire, "memory") is None and number(container.wire, "memoryReservation") is None:
            message = f"{_setting(container)} At least one of 'memory' or 'memoryReservation' must be specified."
            yield container.fault("memory", message, "set memory (the hard limit, in MiB) or memoryReservation.")


def _setting(container: Container) -> str:
    return f"Invalid setting for container '{container.name}'."


def container_memory_floor(definition: Definition) -> Iterator[Fault]:
    """Six MiB at least."""
    for container in definition.containers:
        for key in ("memory", "memoryReservation"):
            value = number(container.wire, key)
            if value is not None and value < MEMORY_FLOOR:
                message = f"{_setting(container)} '{key}' must be at least {MEMORY_FLOOR} MiB."
                yield container.fault(key, message, f"raise {key} from {value} to {MEMORY_FLOOR} MiB or more.")


def container_memory_order(definition: Definition) -> Iterator[Fault]:
    """The hard limit is not under the soft one."""
    for container in definition.containers:
        hard, soft = number(container.wire, "memory"), number(container.wire, "memoryReservation")
        if hard is not None and soft is not None and hard < soft:
            message = f"{_setting(container)} 'memory' must be greater than or equal to 'memoryReservation'."
            advice = f"raise memory (the hard limit, {hard}) or lower memoryReservation (the soft one, {soft})."
            yield container.fault("memory", message, advice)


def container_memory_equal(definition: Definition) -> Iterator[Fault]:
    """The API model asks for a hard limit greater than the soft one; AWS takes them equal."""
    for container in definition.containers:
        hard, soft = number(container.wire, "memory"), number(container.wire, "memoryReservation")
        if hard is not None and hard == soft:
            message = f"{_setting(container)} 'memory' should be greater than 'memoryReservation'."
            yield container.warning("memoryReservation", message, "leave memoryReservation out: it changes nothing.")


def container_memory_over_task(definition: Definition) -> Iterator[Fault]:
    """No container may have more memory than its task."""
    limit = _memory(definition)
    for container in definition.containers if limit is not None else ():
        for key in ("memory", "memoryReservation"):
            value = number(container.wire, key)
            if value is not None and limit is not None and value > limit:
                message = f"The '{key}' setting for container '{container.name}' is greater than for the task."
                yield container.fault(key, message, f"lower {key} from {value} to the task's {limit} MiB or less.")


def _total(definition: Definition, key: str, total: int, limit: int | None) -> Iterator[Fault]:
    if limit is not None and total > limit:
        severity = Severity.ERROR if definition.fargate else Severity.WARNING
        message = f"The containers reserve more {key} in total ({total}) than the task has ({limit})."
        yield Fault(
            field=key,
            message=message,
            advice=f"Raise {key} of the task, or lower it in its containers.",
            severity=severity,
        )


def total_cpu(definition: Definition) -> Iterator[Fault]:
    """The containers' cpu adds up to the task's at most; a refusal on Fargate, a warning elsewhere."""
    total = sum(number(c.wire, "cpu") or 0 for c in definition.containers)
    yield from _total(definition, "cpu", total, _cpu(definition))


def total_memory(definition: Definition) -> Iterator[Fault]:
    """The memory reserved by the containers adds up to the task's at most."""
    total = sum(number(c.wire, "memoryReservation") or 0 for c in definition.containers)
    yield from _total(definition, "memory", total, _memory(definition))


def container_cpu(definition: Definition) -> Iterator[Fault]:
    """A container's cpu is not negative (0 or absent means the minimum of shares)."""
    for container in definition.containers:
        value = number(container.wire, "cpu")
        if value is not None and value < 0:
            message = f"{_setting(container)} 'cpu' must not be negative."
            yield container.fault("cpu", message, f"set cpu to 0 or more; it is {value}.")
