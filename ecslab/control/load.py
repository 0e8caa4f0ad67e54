"""Loads: the requests of users who are not there, put on a service by ``lab.load``.

On docker and process a ``generator`` sends real HTTP requests to the service's RUNNING tasks. On the simulated
runtime nothing is sent: the demand (requests a second × vCPU-seconds each) is shared equally by the RUNNING tasks,
each capped by its task's cpu limit, all on one instance together by the instance's vCPUs.

Which second? Simulated containers live in lab time and real ones in real time, so a request a second is one in each
lab second there and one in each real second here. CPUUtilization is CPU seconds ÷ seconds of the same clock, so the
same load gives the same percentage on every runtime and at every speed of the lab's clock.

Invariant: a load ends with its minutes, its service, ``stop``, or the lab. Callers hold the timeline's lock.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecslab.control.generator import Generator, Tally, Target
from ecslab.errors import InvalidParameterException
from ecslab.model.service import Service
from ecslab.model.status import ServiceStatus, TaskStatus
from ecslab.model.task import Container, Task
from ecslab.networks.base import Fabric
from ecslab.runtimes.base import Bears, Runtime
from ecslab.timeline import Handle, Timeline

MOST_RPS = 5000.0
MOST_COST = 60.0
Steps = tuple[tuple[float, float], ...]
"""(seconds after the start, requests a second from then on), in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A load as it was asked for. ``cost`` in vCPU-seconds per request; ``seconds`` None: until it is stopped."""

    steps: Steps
    cost: float = 0.05
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class Load:
    """One load. ``served`` is the part of what is asked that the tasks can do (simulated runtime)."""

    load_id: str
    cluster: str
    service: str
    wish: Wish
    started_at: float
    stopped_at: float | None = None
    rps: float = 0.0
    served: float = 0.0
    counted_at: float = 0.0
    tally: Tally = field(default_factory=Tally)
    generator: Generator | None = None
    handles: list[Handle] = field(default_factory=list)

    @property
    def demand(self) -> float:
        """vCPUs asked for now."""
        return self.rps * self.wish.cost

    def count(self, now: float) -> None:
        """Take down what has been asked and not been done since the last count."""
        if self.generator is not None:
            self.tally = self.generator.tally()
            return
        asked = self.rps * (now - self.counted_at)
        self.counted_at = now
        self.tally = Tally(
            requests=self.tally.requests + asked, failures=self.tally.failures + asked * (1 - self.served)
        )


def steps_of(rps: Any, pattern: Sequence[Sequence[float]] | None) -> Steps:
    """A rate, or a pattern of (minute from the start, requests a second), as steps. InvalidParameterException."""
    if pattern is None:
        return ((0.0, _rate(rps)),)
    try:
        found = tuple((60 * float(minute), _rate(rate)) for minute, rate in pattern)
    except (TypeError, ValueError):
        raise InvalidParameterException(
            "pattern is a list of (minute, requests a second), for example [(0, 10), (5, 80), (20, 10)]."
        ) from None
    times = [at for at, _ in found]
    if not found or times[0] < 0 or any(a >= b for a, b in itertools.pairwise(times)):
        raise InvalidParameterException("The minutes of a pattern start at 0 or later and rise from step to step.")
    return found if times[0] == 0 else ((0.0, 0.0), *found)


def _rate(rps: Any) -> float:
    try:
        rate = float(rps)
    except (TypeError, ValueError):
        raise InvalidParameterException(f"rps is a number of requests a second; it is {rps!r}.") from None
    if not 0 <= rate <= MOST_RPS:
        raise InvalidParameterException(f"rps must be between 0 and {MOST_RPS:g}; it is {rate:g}.")
    return rate


class Loads:
    """The loads of one open lab."""

    def __init__(self, backend: Any, runtime: Runtime, fabric: Fabric) -> None:
        self._backend = backend
        self._bearer = runtime if isinstance(runtime, Bears) else None
        self._fabric = fabric
        self._timeline: Timeline = backend.context.timeline
        self._loads: dict[str, Load] = {}
        self._burdened: dict[str, tuple[float, float]] = {}
        """By runtime id, the vCPUs a container was asked for last and those of them it does."""
        self._marked = False
        backend.store.listeners.append(self._heard)

    def start(self, service: Service, wish: Wish) -> Load:
        """Put a load on a service. InvalidParameterException."""
        if not 0 <= wish.cost <= MOST_COST:
            raise InvalidParameterException(f"cost is between 0 and {MOST_COST:g} vCPU-seconds; it is {wish.cost:g}.")
        if wish.seconds is not None and wish.seconds <= 0:
            raise InvalidParameterException("minutes must be above 0. Leave it out for a load that goes on.")
        now = self._timeline.now()
        load = Load(
            load_id=f"load-{len(self._loads) + 1}",
            cluster=service.cluster_name,
            service=service.service_name,
            wish=wish,
            started_at=now,
            counted_at=now,
        )
        self._loads[load.load_id] = load
        if self._bearer is None:
            load.generator = Generator(f"/burn?seconds={wish.cost:g}")
        self._set_rate(load, wish.steps[0][1])
        self._note("load.started", load, f"a load of {_words(wish)} is put on service {load.service}")
        for at, rps in wish.steps[1:]:
            load.handles.append(self._timeline.call_at(now + at, lambda rps=rps: self._change(load, rps)))  # type: ignore[misc]
        if wish.seconds is not None:
            load.handles.append(self._timeline.call_at(now + wish.seconds, lambda: self._end(load, "its time is over")))
        return load

    def stop(self, load_id: str = "") -> list[Load]:
        """End one load, or all; those that were ended. InvalidParameterException for one that is not known."""
        if load_id and load_id not in self._loads:
            known = ", ".join(self._loads) or "none"
            raise InvalidParameterException(f"There is no load '{load_id}'. There are: {known}.")
        chosen = [x for x in self._loads.values() if load_id in ("", x.load_id) and x.stopped_at is None]
        for load in chosen:
            self._end(load, "it was stopped")
        return chosen

    def all(self) -> tuple[Load, ...]:
        """Every load, oldest first, with its counts as they are now."""
        for load in self._loads.values():
            if load.stopped_at is None:
                load.count(self._timeline.now())
        return tuple(self._loads.values())

    def close(self) -> None:
        """The lab ends, and every load with it."""
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)
        for load in self._loads.values():
            if load.generator is not None:
                load.generator.close()
            for handle in load.handles:
                handle.cancel()

    # what happens to a load

    def _set_rate(self, load: Load, rps: float) -> None:
        load.count(self._timeline.now())
        load.rps = rps
        if load.generator is not None:
            load.generator.set_rate(rps)
        self._mark()

    def _change(self, load: Load, rps: float) -> None:
        self._set_rate(load, rps)
        self._note("load.changed", load, f"the load on service {load.service} is now {rps:g} requests a second")

    def _end(self, load: Load, why: str) -> None:
        load.count(self._timeline.now())
        if load.generator is not None:
            load.tally = load.generator.tally()
            load.generator.close()
        for handle in load.handles:
            handle.cancel()
        load.stopped_at, load.rps = self._timeline.now(), 0.0
        counts = f"{load.tally.requests:.0f} requests, {load.tally.failures:.0f} failed"
        self._note("load.stopped", load, f"the load on service {load.service} has ended, for {why}: {counts}")
        self._mark()

    def _note(self, kind: str, load: Load, text: str) -> None:
        service = self._backend.store.service(load.cluster, load.service)
        subject = service.service_arn if service is not None else load.service
        self._backend.context.journal.record(
            kind, subject, text, load=load.load_id, service=load.service, cluster=load.cluster, rps=load.rps
        )

    # who bears it

    def _heard(self, before: Any, after: Any) -> None:
        if not isinstance(after, Task | Service):
            return
        changed = before is None or getattr(before, "last_status", 0) != getattr(after, "last_status", 1)
        if changed and any((x.cluster, x.service) == (after.cluster_name, after.service_name) for x in self._active()):
            self._mark()

    def _active(self) -> list[Load]:
        return [load for load in self._loads.values() if load.stopped_at is None]

    def _mark(self) -> None:
        if not self._marked:
            self._marked = True
            self._timeline.call_soon(self._spread)

    def _spread(self) -> None:
        """Share what is asked among the tasks that run now."""
        self._marked = False
        for load in self._active():
            service = self._backend.store.service(load.cluster, load.service)
            if service is None or service.status is not ServiceStatus.ACTIVE:
                self._end(load, "the service is gone")
        if self._bearer is not None:
            self._burden(self._bearer)
            return
        for load in self._active():
            if load.generator is not None:
                load.generator.set_targets(self._targets(load))

    def _running(self, cluster: str, service: str) -> list[Task]:
        tasks: Iterable[Task] = self._backend.store.tasks_of_service(cluster, service)
        return [task for task in tasks if task.last_status is TaskStatus.RUNNING]

    def _targets(self, load: Load) -> tuple[Target, ...]:
        running = {task.task_id for task in self._running(load.cluster, load.service)}
        found = [w for w in self._fabric.wirings() if w.task_id in running]
        return tuple(
            (e.host, e.port) for wiring in found for e in [e for e in wiring.endpoints if e.protocol == "tcp"][:1]
        )

    def _burden(self, bearer: Bears) -> None:
        asked: dict[tuple[str, str], float] = {}
        for load in self._active():
            load.count(self._timeline.now())
            key = (load.cluster, load.service)
            asked[key] = asked.get(key, 0.0) + load.demand
        shares = [(key, t, vcpus) for key, demand in asked.items() for t, vcpus in self._shares(key, demand)]
        done, served = dict.fromkeys(asked, 0.0), {key for key, _, _ in shares}
        before, self._burdened = self._burdened, {}
        for (key, task, vcpus), scale in zip(shares, self._scales(shares), strict=True):
            container, share = _bearing(self._backend, task).runtime_id or "", vcpus * scale
            known = before.get(container)
            borne = known if known and known[0] == share else (share, bearer.bear(container, share))
            self._burdened[container] = borne
            done[key] += borne[1]
        for container in before.keys() - self._burdened.keys():
            bearer.bear(container, 0.0)
        for load in self._active():
            key = (load.cluster, load.service)
            load.served = min(1.0, done[key] / asked[key]) if asked[key] else float(key in served)

    def _shares(self, key: tuple[str, str], demand: float) -> list[tuple[Task, float]]:
        tasks = self._running(*key)
        return [(task, demand / len(tasks)) for task in tasks]

    def _scales(self, shares: Sequence[tuple[Any, Task, float]]) -> list[float]:
        """For each share how much of it the container instance has room for; on Fargate nobody else is there."""
        wanted: dict[str, float] = {}
        for _, task, vcpus in shares:
            arn = task.container_instance_arn or ""
            wanted[arn] = wanted.get(arn, 0.0) + vcpus
        scales = {"": 1.0}
        for arn in wanted.keys() - {""}:
            instance = self._backend.store.instance(arn)
            vcpus = instance.cpu / 1024 if instance is not None else wanted[arn]
            scales[arn] = min(1.0, vcpus / wanted[arn]) if wanted[arn] else 1.0
        return [scales[task.container_instance_arn or ""] for _, task, _ in shares]


def _bearing(backend: Any, task: Task) -> Container:
    """The container that answers requests: the first with a port, else the first that is essential."""
    definition = backend.store.definitions[task.task_definition_arn]
    ranked = sorted(definition.containers, key=lambda c: (not c.port_mappings, not c.essential))
    return task.container(ranked[0].name)


def _words(wish: Wish) -> str:
    each = f"at {wish.cost:g} vCPU-seconds each"
    for_long = f" for {wish.seconds / 60:g} minutes" if wish.seconds is not None else ""
    if len(wish.steps) == 1:
        return f"{wish.steps[0][1]:g} requests a second {each}{for_long}"
    steps = ", ".join(f"{rps:g} from minute {at / 60:g}" for at, rps in wish.steps)
    return f"requests {each}{for_long} ({steps} a second)"
