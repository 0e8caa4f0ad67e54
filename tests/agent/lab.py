"""The smallest world an agent can live in: a control plane in memory, the simulated runtime, virtual time.

``Plane`` is the AgentApi's contract as the control plane keeps it, without placement or HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.agent.agent import Agent
from ecslab.agent.api import AgentConfig, Assignment, ContainerReport, TaskReport
from ecslab.errors import ResourceInitializationError
from ecslab.journal import Entry, Journal
from ecslab.model import definition
from ecslab.model.arn import Place
from ecslab.model.status import ContainerStatus, DesiredStatus, HealthStatus, LaunchType, TaskStatus
from ecslab.model.task import Container, Task
from ecslab.networks.modelled import ModelledFabric
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.timeline import VirtualTimeline

PLACE = Place(account="123456789012", region="us-east-1")


class Plane:
    """Tasks by ARN, and everything an agent said."""

    def __init__(self) -> None:
        self.assignments: dict[str, Assignment] = {}
        self.walk: dict[str, list[str]] = {}
        self.reports: list[tuple[str, TaskReport]] = []
        self.streams: dict[str, list[str]] = {}
        self.groups = {"/ecs/lab"}
        self.wakes: dict[str, Callable[[], None]] = {}
        self.polls = 0

    def task(self, arn: str) -> Task:
        return self.assignments[arn].task

    def put(self, task: Task) -> None:
        self.assignments[task.task_arn] = replace(self.assignments[task.task_arn], task=task)

    def add(self, assignment: Assignment) -> Task:
        self.assignments[assignment.task.task_arn] = assignment
        self.walk[assignment.task.task_arn] = []
        self.wake()
        return assignment.task

    def stop(self, arn: str) -> None:
        self.put(replace(self.task(arn), desired_status=DesiredStatus.STOPPED))
        self.wake()

    def wake(self) -> None:
        for wake in list(self.wakes.values()):
            wake()

    def discover_poll_endpoint(self, container_instance: str, cluster: str) -> str:
        return "https://ecs-a-1.us-east-1.amazonaws.com/"

    def register_container_instance(self, config: AgentConfig) -> str:
        return PLACE.container_instance(config.cluster, config.instance)

    def connect(self, container_instance: str, wake: Callable[[], None]) -> None:
        self.wakes[container_instance] = wake

    def disconnect(self, container_instance: str) -> None:
        del self.wakes[container_instance]

    def poll(self, agent_id: str) -> Sequence[Assignment]:
        self.polls += 1
        return [a for a in self.assignments.values() if a.task.last_status is not TaskStatus.STOPPED]

    def submit_container_state_change(self, task: Task, report: ContainerReport) -> None:
        known = self.task(task.task_arn)
        containers = tuple(_merged(c, report) if c.name == report.name else c for c in known.containers)
        self.put(replace(known, containers=containers))

    def submit_task_state_change(self, task: Task, report: TaskReport) -> None:
        self.reports.append((task.task_arn, report))
        self.walk[task.task_arn].append(report.status)
        for container in report.containers:
            self.submit_container_state_change(task, container)
        known = self.task(task.task_arn)
        reason = known.stopped_reason or report.reason
        self.put(replace(known, last_status=report.status, stopped_reason=reason))

    def submit_health(self, task: Task, health: Mapping[str, HealthStatus]) -> None:
        known = self.task(task.task_arn)
        seen = tuple(replace(c, health_status=health.get(c.name, c.health_status)) for c in known.containers)
        self.put(replace(known, containers=seen))

    def prepare_logs(self, task: Task, options: Mapping[str, str], stream: str) -> None:
        if options["awslogs-group"] not in self.groups:
            raise ResourceInitializationError("The task cannot find the Amazon CloudWatch log group.")
        self.streams.setdefault(stream, [])

    def put_logs(self, task: Task, options: Mapping[str, str], stream: str, lines: Sequence[tuple[float, str]]) -> None:
        assert self.task(task.task_arn).last_status is not TaskStatus.STOPPED, "lines came after STOPPED"
        self.streams[stream].extend(text for _, text in lines)

    def delivered(self, task: Task, options: Mapping[str, str], stream: str) -> int:
        return len(self.streams.get(stream, ()))


def _merged(container: Container, report: ContainerReport) -> Container:
    stopped = report.status == ContainerStatus.STOPPED
    return replace(
        container,
        last_status=ContainerStatus(report.status),
        runtime_id=report.runtime_id or None,
        exit_code=report.exit_code,
        reason=report.reason,
        image_digest=report.image_digest,
        network_bindings=report.network_bindings,
        started_at=container.started_at if stopped else report.at,
        finished_at=report.at if stopped else None,
    )


def assignment(number: int = 1, *, overrides: dict[str, Any] | None = None, **wire: Any) -> Assignment:
    """A PENDING task of family ``f``; ``wire`` is the rest of RegisterTaskDefinition's request."""
    parsed = definition.parse({"family": "f", **wire}, arn=PLACE.task_definition("f", 1), revision=1)
    arn = PLACE.task("default", f"{number:032x}")
    fargate = "FARGATE" in parsed.requires_compatibilities
    task = Task(
        task_arn=arn,
        cluster_arn=PLACE.cluster("default"),
        task_definition_arn=parsed.arn,
        launch_type=LaunchType.FARGATE if fargate else LaunchType.EC2,
        containers=tuple(
            Container(container_arn=f"{arn}/{c.name}", task_arn=arn, name=c.name, image=c.image, essential=c.essential)
            for c in parsed.containers
        ),
        created_at=0.0,
        cpu=str(parsed.reserved_cpu),
        memory=str(parsed.reserved_memory),
        group="family:f",
        overrides=overrides or {},
    )
    return Assignment(task=task, definition=parsed)


def container(name: str = "web", *, sim: Mapping[str, Any] | None = None, **wire: Any) -> dict[str, Any]:
    """A container definition of the lab's web image; ``sim`` steers the simulation, which is instant else."""
    given = {"pull_delay": 0, "start_delay": 0, **(sim or {})}
    labels = {f"sim.{key}": str(value) for key, value in given.items()}
    return {"name": name, "image": "ecslab/web:1", "memory": 128, "dockerLabels": labels, **wire}


def needs(name: str, condition: str = "START") -> list[dict[str, str]]:
    """``dependsOn`` with one entry."""
    return [{"containerName": name, "condition": condition}]


class Lab:
    """One agent and all it needs. ``instance`` "" makes it the agent of a Fargate task."""

    def __init__(self, instance: str = "i-0abc") -> None:
        self.clock = VirtualTimeline()
        self.journal = Journal(self.clock.now)
        self.runtime = SimulatedRuntime(self.clock)
        self.fabric = ModelledFabric()
        self.plane = Plane()
        self.config = AgentConfig(agent_id=instance or "fargate/1", cluster="default", instance=instance)
        self.runtime.open()
        self.fabric.open()
        self.agent = self.new_agent()
        self.agent.start()

    def new_agent(self) -> Agent:
        return Agent(
            self.config,
            api=self.plane,
            runtime=self.runtime,
            fabric=self.fabric,
            timeline=self.clock,
            journal=self.journal,
        )

    def run(self, *containers: dict[str, Any], number: int = 1, **wire: Any) -> str:
        """Assign a task; its ARN."""
        return self.plane.add(assignment(number, containerDefinitions=list(containers), **wire)).task_arn

    def stop(self, arn: str) -> None:
        self.plane.stop(arn)

    def task(self, arn: str) -> Task:
        return self.plane.task(arn)

    def reaches(self, arn: str, status: TaskStatus, within: float = 60.0) -> bool:
        return self.clock.until(lambda: self.task(arn).last_status is status, within)

    def entries(self, kind: str) -> tuple[Entry, ...]:
        return self.journal.read(kind=kind)

    def order(self, status: str) -> list[str]:
        """Names of containers in the order in which they came to ``status``."""
        return [e.data["container"] for e in self.entries("container.status") if e.data["status"] == status]

    def nothing_left(self) -> bool:
        self.clock.advance(0)
        return not self.runtime.held() and not self.fabric.wirings()
