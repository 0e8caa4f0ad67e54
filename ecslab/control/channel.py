"""What connects an agent to the control plane: the agent's API, answered by the code behind the HTTP API.

It translates between the agent's words and the verbs of the backend and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.agent.api import (
    AgentConfig,
    Assignment,
    ContainerReport,
    RoleCredentials,
    TaskReport,
    TaskUsage,
)
from ecslab.agent.protection import Protection
from ecslab.aws import logs, secrets
from ecslab.control.protection import protection
from ecslab.control.roles import Roles
from ecslab.model.instance import ContainerInstance
from ecslab.model.status import DesiredStatus, HealthStatus, TaskStatus
from ecslab.model.task import NetworkBinding, Task

ASK_AGAIN = 60.0
"""Lab seconds for which it is remembered whether a role may write to a log stream."""
FARGATE = "fargate/"
"""In front of the task id: the agent id of a Fargate task's own agent."""


class Channel:
    """The AgentApi of all agents of one backend."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._wakes: dict[str, Callable[[], None]] = {}
        self._arns: dict[str, str] = {}
        self._usage: dict[str, TaskUsage] = {}
        self._roles = Roles(backend)
        self._may_write: dict[str, dict[str, tuple[float, bool]]] = {}
        """By task and stream."""

    def wake(self, agent_id: str) -> None:
        """Tell an agent, if it is connected, that there may be work."""
        wake = self._wakes.get(agent_id)
        if wake is not None:
            wake()

    def agent_of(self, task: Task) -> str:
        """The agent that cares for a task: its instance's, or on Fargate its own."""
        return task.container_instance_arn or FARGATE + task.task_id

    def discover_poll_endpoint(self, container_instance: str, cluster: str) -> str:
        """Where to poll, as AWS answers it."""
        found: dict[str, str] = self._backend.discover_poll_endpoint({})
        return found["endpoint"]

    def register_container_instance(self, config: AgentConfig) -> str:
        """Register the instance of an agent; its ARN."""
        backend = self._backend
        instance: ContainerInstance = backend.enroll(
            ContainerInstance(
                arn=backend.place.container_instance(config.cluster, backend.context.hex_id()),
                cluster_name=config.cluster,
                ec2_instance_id=config.instance,
                cpu=config.cpu,
                memory=config.memory,
                eni_limit=config.eni_limit,
                registered_at=backend.context.now(),
                instance_type=config.instance_type,
                availability_zone=config.availability_zone,
                private_ip=config.private_ip,
                agent_version=config.version,
                attributes=config.attributes,
            )
        )
        self._arns[config.agent_id] = instance.arn
        return instance.arn

    def connect(self, container_instance: str, wake: Callable[[], None]) -> None:
        """The agent is there."""
        self._wakes[container_instance] = wake
        self._set_connected(container_instance, connected=True)

    def disconnect(self, container_instance: str) -> None:
        """The agent is gone."""
        self._wakes.pop(container_instance, None)
        self._set_connected(container_instance, connected=False)

    def _set_connected(self, container_instance: str, *, connected: bool) -> None:
        instance = self._backend.store.instance(container_instance)
        if instance is not None:
            self._backend.set_connected(instance, connected)

    def poll(self, agent_id: str) -> Sequence[Assignment]:
        """What the agent has to care for. A task that is DEACTIVATING is not yet to be stopped."""
        store = self._backend.store
        if agent_id.startswith(FARGATE):
            task = self._fargate_task(agent_id)
            tasks = [task] if task is not None else []
        else:
            tasks = self._backend.assigned(self._arns.get(agent_id, agent_id))
        return [Assignment(task=_as_wanted(t), definition=store.definitions[t.task_definition_arn]) for t in tasks]

    def _fargate_task(self, agent_id: str) -> Task | None:
        arn = self._arns.get(agent_id)
        task: Task | None = self._backend.store.task(arn) if arn else None
        settled = (TaskStatus.PROVISIONING, TaskStatus.DEPROVISIONING, TaskStatus.STOPPED)
        return None if task is None or task.last_status in settled else task

    def adopt(self, task: Task) -> str:
        """Remember a Fargate task under its agent's id, which is returned."""
        agent_id = FARGATE + task.task_id
        self._arns[agent_id] = task.task_arn
        return agent_id

    def submit_container_state_change(self, task: Task, report: ContainerReport) -> None:
        """SubmitContainerStateChange."""
        self._backend.submit_container_state_change({**_where(task), **_container(report)})

    def submit_task_state_change(self, task: Task, report: TaskReport) -> None:
        """SubmitTaskStateChange."""
        request = {
            **_where(task),
            "status": report.status.value,
            "reason": report.reason,
            "containers": [_container(c) for c in report.containers],
            "pullStartedAt": report.pull_started_at,
            "pullStoppedAt": report.pull_stopped_at,
            "executionStoppedAt": report.execution_stopped_at,
        }
        self._backend.submit_task_state_change({k: v for k, v in request.items() if v is not None})

    def submit_health(self, task: Task, health: Mapping[str, HealthStatus]) -> None:
        """Health, as AWS gets it over the telemetry session."""
        self._backend.submit_health(task.task_arn, health)

    def publish_metrics(self, usages: Sequence[TaskUsage]) -> None:
        """What tasks used, as AWS gets it over the telemetry session."""
        self._usage.update((usage.task_arn, usage) for usage in usages)

    def take_usage(self) -> dict[str, TaskUsage]:
        """What was published since this was last asked, the latest of each task (by its ARN)."""
        taken, self._usage = self._usage, {}
        return taken

    def prepare_logs(self, task: Task, options: Mapping[str, str], stream: str) -> None:
        """CreateLogStream (and CreateLogGroup) for an awslogs container."""
        logs.prepare(self._roles.logging(task), options, stream)

    def put_logs(self, task: Task, options: Mapping[str, str], stream: str, lines: Sequence[tuple[float, str]]) -> None:
        """PutLogEvents for an awslogs container; what the role may not write is lost, as on AWS."""
        if self._writes(task, options, stream):
            logs.put(self._backend.place, options, stream, lines)

    def _writes(self, task: Task, options: Mapping[str, str], stream: str) -> bool:
        """Whether the task's role may write to a stream; asked once a minute, for it writes all the time."""
        now = self._backend.context.now()
        known = self._may_write.setdefault(task.task_arn, {})
        until, allowed = known.get(stream, (0.0, False))
        if now >= until:
            arn = logs.stream_arn(self._backend.place, options, stream)
            allowed = not self._roles.logging(task).denial("logs:PutLogEvents", arn)
            known[stream] = (now + ASK_AGAIN, allowed)
        return allowed

    def credentials_id(self, task: Task) -> str:
        """As the task's payload brings it to the agent."""
        return self._roles.credentials_id(task)

    def protection(self, task: Task, wish: Mapping[str, Any] | None) -> Protection:
        """GetTaskProtection and, with a wish, UpdateTaskProtection, with the task role's permissions."""
        return protection(self._backend, task, wish)

    def credentials(self, credentials_id: str) -> RoleCredentials | None:
        """The task role's credentials."""
        return self._roles.credentials(credentials_id)

    def secrets(self, task: Task) -> Mapping[str, Mapping[str, str]]:
        """What the containers' ``secrets`` say, fetched with the execution role."""
        wanted = {c.name: c.secrets for c in self._backend.store.definitions[task.task_definition_arn].containers}
        if not any(wanted.values()):
            return {}
        acting = self._roles.execution(task)
        return {
            container: {name: secrets.value(acting, value_from) for name, value_from in pairs}
            for container, pairs in wanted.items()
        }

    def forget(self, task: Task) -> None:
        """A task can no longer be described."""
        self._roles.forget(task)
        self._may_write.pop(task.task_arn, None)

    def delivered(self, task: Task, options: Mapping[str, str], stream: str) -> int:
        """How many lines of a stream have been delivered: where an agent that adopts its container goes on."""
        return len(logs.read(self._backend.place, options, stream))


def _as_wanted(task: Task) -> Task:
    if task.last_status in (TaskStatus.RUNNING, TaskStatus.DEACTIVATING) and task.desired_status == "STOPPED":
        return replace(task, desired_status=DesiredStatus.RUNNING)
    return task


def _where(task: Task) -> dict[str, str]:
    return {"cluster": task.cluster_name, "task": task.task_arn}


def _container(report: ContainerReport) -> dict[str, Any]:
    stopped = report.status == "STOPPED"
    wire = {
        "containerName": report.name,
        "status": report.status,
        "runtimeId": report.runtime_id or None,
        "exitCode": report.exit_code,
        "reason": report.reason,
        "imageDigest": report.image_digest,
        "networkBindings": [_binding(b) for b in report.network_bindings] or None,
        "finishedAt" if stopped else "startedAt": report.at or None,
    }
    return {k: v for k, v in wire.items() if v is not None}


def _binding(binding: NetworkBinding) -> dict[str, Any]:
    return {
        "bindIP": binding.bind_ip,
        "containerPort": binding.container_port,
        "hostPort": binding.host_port,
        "protocol": binding.protocol,
    }
