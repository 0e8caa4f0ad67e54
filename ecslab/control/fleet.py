"""The agents of the lab: one per EC2 instance that joins a cluster, one per Fargate task.

Level-triggered: ``sync`` compares the instances that EC2 has with the agents there are. It decides nothing
about tasks; it only sees to it that every task has an agent to care for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ecslab.agent.agent import Agent
from ecslab.agent.api import AgentConfig, TaskUsage
from ecslab.agent.endpoint import TaskEndpoint
from ecslab.agent.known import KnownTask
from ecslab.aws import ec2
from ecslab.control.channel import Channel
from ecslab.errors import InvalidParameterException
from ecslab.model.status import LaunchType, TaskStatus
from ecslab.model.task import Task
from ecslab.networks.base import Fabric
from ecslab.runtimes.base import Runtime


class Fleet:
    """All agents of one lab."""

    def __init__(self, backend: Any, channel: Channel, runtime: Runtime, fabric: Fabric) -> None:
        self._backend = backend
        self._channel = channel
        self._runtime = runtime
        self._fabric = fabric
        self._agents: dict[str, Agent] = {}
        self._stopped: set[str] = set()
        self.endpoint = TaskEndpoint(self._known, channel, runtime, backend.context.timeline)

    def sync(self) -> None:
        """Start agents for instances that have joined, and take down those of instances that are gone."""
        wanted = {i.instance_id: i for i in ec2.joining(self._backend.place)}
        for instance_id, instance in wanted.items():
            cluster = self._backend.clusters.get(instance.cluster)
            if instance_id not in self._agents and cluster is not None and cluster.status == "ACTIVE":
                self._join(instance)
        for agent_id in [a for a in self._agents if a.startswith("i-") and a not in wanted]:
            self._terminate(agent_id)

    def _join(self, instance: ec2.Ec2Instance) -> None:
        config = AgentConfig(
            agent_id=instance.instance_id,
            cluster=instance.cluster,
            instance=instance.instance_id,
            instance_type=instance.instance_type,
            cpu=instance.cpu,
            memory=instance.memory,
            eni_limit=instance.eni_limit,
            availability_zone=instance.availability_zone,
            private_ip=instance.private_ip,
            attributes=instance.attributes,
        )
        self._start(config)

    def _start(self, config: AgentConfig) -> Agent:
        context = self._backend.context
        agent = Agent(
            config,
            api=self._channel,
            runtime=self._runtime,
            fabric=self._fabric,
            timeline=context.timeline,
            journal=context.journal,
        )
        self._agents[config.agent_id] = agent
        agent.start()
        return agent

    def _terminate(self, agent_id: str) -> None:
        agent = self._agents.pop(agent_id)
        agent.close()
        for instance in self._backend.store.instances():
            if instance.ec2_instance_id == agent_id:
                self._backend.lose_instance(instance)

    def care_for(self, task: Task) -> None:
        """See to it that a task's agent exists and knows that there may be work."""
        if task.launch_type is LaunchType.FARGATE and task.last_status is TaskStatus.PENDING:
            agent_id = self._channel.adopt(task)
            if agent_id not in self._agents:
                self._start(AgentConfig(agent_id=agent_id, cluster=task.cluster_name))
                return
        agent = self._agent_of(task)
        if agent is not None:
            agent.poke()

    def _agent_of(self, task: Task) -> Agent | None:
        instance = self._backend.store.instance(task.container_instance_arn) if task.container_instance_arn else None
        return self._agents.get(instance.ec2_instance_id if instance else self._channel.agent_of(task))

    def forget(self, task: Task) -> None:
        """A task is no longer to be described; the agent of a Fargate task goes with it."""
        self._channel.forget(task)
        if task.launch_type is LaunchType.FARGATE:
            agent = self._agents.pop(self._channel.agent_of(task), None)
            if agent is not None:
                agent.close()

    def set_running(self, instance: str, running: bool) -> bool:
        """Kill or start the agent of an instance (EC2 id, ARN or id). InvalidParameterException."""
        ec2_id = self.ec2_id(instance)
        agent = self._agents.get(ec2_id)
        if agent is None:
            known = ", ".join(a for a in self._agents if a.startswith("i-")) or "none"
            raise InvalidParameterException(f"There is no container instance '{instance}'. There are: {known}.")
        if running:
            agent.start()
        else:
            agent.stop()
        return running

    def ec2_id(self, instance: str) -> str:
        """The EC2 id of a container instance, given by id, ARN or EC2 id."""
        for known in self._backend.store.instances():
            if instance in (known.arn, known.instance_id, known.ec2_instance_id):
                return str(known.ec2_instance_id)
        return instance

    def output(self, task: Task, container: str | None) -> list[tuple[float, str, str]]:
        """(lab time, container, line) that a task has written, as its agent keeps it."""
        agent = self._agent_of(task)
        return list(agent.output(task.task_id, container)) if agent else []

    def _known(self, task_id: str) -> KnownTask | None:
        """What a task's agent knows of it; None where the agent is gone or knows nothing."""
        task = self._backend.store.find_task(task_id)
        agent = self._agent_of(task) if task is not None else None
        return agent.known(task.task_arn) if agent is not None else None

    def report_usage(self, then: Callable[[], None]) -> None:
        """Have every agent tell what its tasks use, and go on with ``then`` when all have."""
        left = len(self._agents) + 1

        def one() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                then()

        for agent in tuple(self._agents.values()):
            agent.report_usage(one)
        one()

    def take_usage(self) -> dict[str, TaskUsage]:
        """What the agents have told since this was last asked, by task ARN."""
        return self._channel.take_usage()

    def close(self) -> None:
        """Take down every agent with all it runs."""
        for agent_id in list(self._agents):
            self._agents.pop(agent_id).close()

    def __iter__(self) -> Iterator[Agent]:
        return iter(tuple(self._agents.values()))
