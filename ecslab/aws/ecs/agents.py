"""What agents report: SubmitTaskStateChange, SubmitContainerStateChange, SubmitAttachmentStateChanges, polling.

The same code answers an agent of this lab and anyone who calls the verbs over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from ecslab.aws.ecs.base import Request, Verbs
from ecslab.aws.ecs.lifecycle import code_of, task_health
from ecslab.errors import InvalidParameterException
from ecslab.model.instance import ContainerInstance
from ecslab.model.status import ContainerStatus, DesiredStatus, HealthStatus, StopCode, TaskStatus
from ecslab.model.task import Container, NetworkBinding, Task

ESSENTIAL_EXITED = "Essential container in task exited"
"""AWS's stopped reason (facts: stop)."""


class AgentVerbs(Verbs):
    """The agent's side of the API."""

    def discover_poll_endpoint(self, request: Request) -> dict[str, str]:
        """Where an agent polls. The agents of this lab use no socket; the addresses are AWS's."""
        if request.get("cluster"):
            self.active_cluster(request["cluster"])
        host = f"https://ecs-a-1.{self.place.region}.amazonaws.com/"
        return {"endpoint": host, "telemetryEndpoint": host.replace("ecs-a", "ecs-t")}

    def set_connected(self, instance: ContainerInstance, connected: bool) -> ContainerInstance:
        """Record that an instance's agent came or went. Nothing happens to its tasks."""
        known = self.store.instance(instance.arn)
        if known is None or known.agent_connected is connected:
            return known or instance
        word = "connected" if connected else "disconnected; its tasks keep running"
        self.note(
            "instance.agent",
            instance.arn,
            f"the agent of {known.ec2_instance_id} is {word}",
            connected=connected,
            instance=known.ec2_instance_id,
        )
        return self.store.put_instance(replace(known, agent_connected=connected, version=known.version + 1))

    def submit_task_state_change(self, request: Request) -> str:
        """A task as its agent sees it: ACTIVATING, RUNNING or STOPPED, with its containers."""
        task = self._reported(request)
        if task is None:
            return "ACK"
        for report in request.get("containers") or ():
            task = self.merge_container(task, report)
        task = self._times(task, request)
        status = TaskStatus(_known(request.get("status") or task.last_status, TaskStatus))
        if status is TaskStatus.STOPPED:
            self._finish(task, request.get("reason") or "")
        elif task.desired_status is DesiredStatus.RUNNING:
            task = replace(task, connectivity="CONNECTED", connectivity_at=task.connectivity_at or self.context.now())
            self.move_task(task, status)
        else:
            self.store.put_task(_told(self.store.task(task.task_arn) or task, task))
        return "ACK"

    def _reported(self, request: Request) -> Task | None:
        cluster = self.active_cluster(request.get("cluster"))
        task = self.find_task(cluster, request.get("task") or "")
        if task is None:
            raise InvalidParameterException("The referenced task was not found.")
        return None if task.last_status is TaskStatus.STOPPED else task

    def _times(self, task: Task, request: Request) -> Task:
        given: dict[str, Any] = {
            "pull_started_at": request.get("pullStartedAt"),
            "pull_stopped_at": request.get("pullStoppedAt"),
            "execution_stopped_at": request.get("executionStoppedAt"),
        }
        times: dict[str, Any] = {k: _seconds(v) for k, v in given.items() if v is not None}
        return replace(task, **times)

    def _finish(self, task: Task, reason: str) -> None:
        """The agent says STOPPED: the reason it gives counts only where none was known."""
        started = task.started_at is not None
        if task.desired_status is DesiredStatus.RUNNING:
            task = self.wish_stopped(task, code_of(reason, started), reason or ESSENTIAL_EXITED)
        stopped = tuple(replace(c, last_status=ContainerStatus.STOPPED) for c in task.containers)
        task = replace(task, containers=stopped)
        target = TaskStatus.DEPROVISIONING if task.eni else TaskStatus.STOPPED
        self.move_task(self.store.put_task(task), target)

    def submit_container_state_change(self, request: Request) -> str:
        """One container as its agent sees it. An essential one that exits takes its task with it."""
        task = self._reported(request)
        if task is not None:
            merged = _told(task, self.merge_container(task, request))
            self.store.put_task(self._after_exit(merged, request))
        return "ACK"

    def _after_exit(self, task: Task, request: Request) -> Task:
        name = request.get("containerName") or ""
        if request.get("status") != ContainerStatus.STOPPED or task.desired_status is DesiredStatus.STOPPED:
            return task
        if name not in {c.name for c in task.containers if c.essential} or task.last_status is not TaskStatus.RUNNING:
            return task
        return self.wish_stopped(self.store.put_task(task), StopCode.ESSENTIAL_CONTAINER_EXITED, ESSENTIAL_EXITED)

    def merge_container(self, task: Task, report: Mapping[str, Any]) -> Task:
        """The task with one container's report in it; unknown containers are refused."""
        name = report.get("containerName") or ""
        if name not in {c.name for c in task.containers}:
            raise InvalidParameterException(f"The task has no container named '{name}'.")
        merged = tuple(_merged(c, report) if c.name == name else c for c in task.containers)
        return replace(task, containers=merged)

    def submit_health(self, task_arn: str, health: Mapping[str, HealthStatus]) -> None:
        """Health of containers by name, from the agent's telemetry."""
        task = self.store.task(task_arn)
        if task is None or task.last_status is TaskStatus.STOPPED:
            return
        seen = tuple(replace(c, health_status=health.get(c.name, c.health_status)) for c in task.containers)
        task = replace(task, containers=seen)
        task = replace(task, health_status=task_health(task))
        before = self.store.task(task_arn)
        self.store.put_task(task)
        if before is not None and before.health_status is not task.health_status:
            text = f"task {task.task_id[:8]} is {task.health_status}"
            self.note("task.health", task_arn, text, health=task.health_status.value)

    def assigned(self, instance_arn: str) -> Sequence[Task]:
        """Tasks on an instance that its agent has to care for, from PENDING to STOPPING."""
        return [
            t
            for t in self.store.alive_on_instance(instance_arn)
            if t.last_status not in (TaskStatus.PROVISIONING, TaskStatus.DEPROVISIONING)
        ]


def _told(before: Task, after: Task) -> Task:
    """One version more where a container is in another state: that is an event of its task."""
    states = [[c.last_status for c in task.containers] for task in (before, after)]
    return after if states[0] == states[1] else replace(after, version=after.version + 1)


def _merged(container: Container, report: Mapping[str, Any]) -> Container:
    changes: dict[str, Any] = {}
    for key, field in (
        ("runtimeId", "runtime_id"),
        ("exitCode", "exit_code"),
        ("reason", "reason"),
        ("imageDigest", "image_digest"),
        ("startedAt", "started_at"),
        ("finishedAt", "finished_at"),
    ):
        if report.get(key) is not None:
            changes[field] = report[key]
    if report.get("status"):
        changes["last_status"] = ContainerStatus(_known(report["status"], ContainerStatus))
    if report.get("networkBindings"):
        changes["network_bindings"] = tuple(_binding(b) for b in report["networkBindings"])
    return replace(container, **changes)


def _known(status: str, kinds: type[StrEnum]) -> str:
    """The status, if it is one of ``kinds``. InvalidParameterException."""
    if status not in tuple(kinds):
        raise InvalidParameterException(f"Invalid status '{status}'. It is one of: {', '.join(kinds)}.")
    return status


def _binding(wire: Mapping[str, Any]) -> NetworkBinding:
    return NetworkBinding(
        bind_ip=wire.get("bindIP") or "0.0.0.0",
        container_port=wire.get("containerPort") or 0,
        host_port=wire.get("hostPort") or 0,
        protocol=wire.get("protocol") or "tcp",
    )


def _seconds(value: Any) -> float:
    return value.timestamp() if hasattr(value, "timestamp") else float(value)
