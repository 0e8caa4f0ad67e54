"""The AWS/ECS metrics: once a lab minute, what the tasks of a service or cluster used of what they reserved.

It asks the agents, divides and publishes to CloudWatch; it judges nothing. A datapoint carries the time at which its
minute began. Invariant: where no task runs there is no datapoint, and a cluster has datapoints only for tasks on
container instances of its own (traps: T77).
Sources: Amazon ECS CloudWatch metrics; Amazon ECS service utilization metrics; facts, metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.agent.api import TaskUsage
from ecslab.aws import cloudwatch
from ecslab.control.fleet import Fleet
from ecslab.model.status import LaunchType, TaskStatus
from ecslab.model.task import Task

NAMESPACE = "AWS/ECS"
MINUTE = 60.0
MIB = 1024 * 1024
UNITS = 1024
"""CPU units of one vCPU."""
LEAST_UNITS = 2
"""CPU units for which a container counts in a task that reserves none: the shares Docker gives it. AWS publishes the
metric for such a task too, and says nowhere by what it divides; either way the percentage is of no use."""
PATIENCE = 45.0
"""Lab seconds after the minute in which the agents may answer (real containers take real time to measure)."""
DIGITS = 6
"""Of a percentage: what lies beyond is noise of the arithmetic."""


@dataclass(frozen=True, slots=True)
class Share:
    """What was used of what: by one task, or on one container instance. Both in units, or both in MiB."""

    used: float
    of: float

    @property
    def percent(self) -> float:
        """100 when all of it is used; more is possible where the reservation is no limit."""
        return round(100 * self.used / self.of, DIGITS) if self.of else 0.0


@dataclass(frozen=True, slots=True)
class _Used:
    """A RUNNING task with what it used."""

    task: Task
    usage: TaskUsage

    @property
    def cpu(self) -> Share:
        return Share(self.usage.cpu * UNITS, int(self.task.cpu) or LEAST_UNITS * len(self.task.containers))

    @property
    def memory(self) -> Share:
        return Share(self.usage.memory / MIB, int(self.task.memory))


class Metrics:
    """The metrics of one backend, from the agents of one fleet."""

    def __init__(self, backend: Any, fleet: Fleet) -> None:
        self._backend = backend
        self._fleet = fleet
        self._timeline = backend.context.timeline

    def take(self, minute: float, then: Callable[[float], None]) -> None:
        """Publish what was used in the minute that ended at ``minute``, and go on with ``then(minute)``, once.

        On virtual time all of it happens now; else as soon as the agents have answered, or after ``PATIENCE``.
        """
        waiting = True

        def act() -> None:
            nonlocal waiting
            if waiting:
                waiting = False
                self._publish_all(minute - MINUTE)
                then(minute)

        self._fleet.report_usage(act)
        if waiting:
            self._timeline.call_at(minute + PATIENCE, act)

    def _publish_all(self, start: float) -> None:
        store = self._backend.store
        found = ((store.task(arn), usage) for arn, usage in self._fleet.take_usage().items())
        used = [_Used(task, usage) for task, usage in found if task and task.last_status is TaskStatus.RUNNING]
        self._publish_services(used, start)
        self._publish_clusters(used, start)

    # services

    def _publish_services(self, used: Sequence[_Used], start: float) -> None:
        services: dict[tuple[str, str], list[_Used]] = {}
        for one in used:
            if one.task.service_name:
                services.setdefault((one.task.cluster_name, one.task.service_name), []).append(one)
        for (cluster, service), tasks in services.items():
            dimensions = {"ClusterName": cluster, "ServiceName": service}
            self._publish("CPUUtilization", dimensions, start, [one.cpu for one in tasks])
            self._publish("MemoryUtilization", dimensions, start, [one.memory for one in tasks])

    # clusters

    def _publish_clusters(self, used: Sequence[_Used], start: float) -> None:
        clusters: dict[str, list[_Used]] = {}
        for one in used:
            if one.task.launch_type is not LaunchType.FARGATE and one.task.container_instance_arn:
                clusters.setdefault(one.task.cluster_name, []).append(one)
        for cluster, tasks in clusters.items():
            self._publish_cluster(cluster, tasks, start)

    def _publish_cluster(self, cluster: str, tasks: Sequence[_Used], start: float) -> None:
        rooms = [r for r in self._backend.store.rooms(cluster) if r.instance.status in ("ACTIVE", "DRAINING")]
        cpu, memory = {r.instance.arn: 0.0 for r in rooms}, {r.instance.arn: 0.0 for r in rooms}
        for one in tasks:
            arn = one.task.container_instance_arn
            if arn in cpu:
                cpu[arn] += one.cpu.used
                memory[arn] += one.memory.used
        found = {
            "CPUUtilization": [Share(cpu[r.instance.arn], r.instance.cpu) for r in rooms],
            "MemoryUtilization": [Share(memory[r.instance.arn], r.instance.memory) for r in rooms],
            "CPUReservation": [Share(r.instance.cpu - r.cpu, r.instance.cpu) for r in rooms],
            "MemoryReservation": [Share(r.instance.memory - r.memory, r.instance.memory) for r in rooms],
        }
        for name, shares in found.items():
            self._publish(name, {"ClusterName": cluster}, start, shares)

    def _publish(self, name: str, dimensions: Mapping[str, str], start: float, shares: Sequence[Share]) -> None:
        """One datapoint: the Average is all that was used of all that there was, the extremes are of single ones."""
        if not shares:
            return
        whole = Share(sum(s.used for s in shares), sum(s.of for s in shares)).percent
        percents = tuple(share.percent for share in shares)
        cloudwatch.publish(self._backend.place, NAMESPACE, name, dimensions, percents, at=start, average=whole)
