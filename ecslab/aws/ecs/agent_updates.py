"""UpdateContainerAgent: an instance's agent is brought to the newest version, step by step.

The agents of this lab are one program, so what changes is what the API shows: ``agentUpdateStatus`` and the version.
Invariant: while an agent is not connected its update stands still and goes on when it is back, and no task is touched.
Source: Amazon ECS API Reference, UpdateContainerAgent, UpdateInProgressException. How long each step takes is not
documented: ``STEP`` is this lab's choice.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ecslab.aws.ecs.base import Request, Verbs
from ecslab.errors import ApiError, ClientException
from ecslab.model.instance import LATEST_AGENT, ContainerInstance
from ecslab.model.status import ContainerInstanceStatus

STEPS = ("PENDING", "STAGING", "STAGED", "UPDATING", "UPDATED")
STEP = 10.0
"""Lab seconds between two steps, and between two looks at an agent that is away."""
VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


class NoUpdateAvailableException(ApiError):
    """The agent runs the newest version already."""


class UpdateInProgressException(ApiError):
    """An update of this agent is under way."""


class MissingVersionException(ApiError):
    """The instance's agent does not say which version it is."""


class AgentUpdateVerbs(Verbs):
    """The verb, and the steps that follow it."""

    def update_container_agent(self, request: Request) -> ContainerInstance:
        """Begin an update; the instance with ``agentUpdateStatus`` PENDING."""
        cluster = self.active_cluster(request.get("cluster"))
        instance = self.find_instance(cluster, request["containerInstance"])
        if instance is None or instance.status is ContainerInstanceStatus.INACTIVE:
            raise ClientException("Referenced container instance not found. List the instances of the cluster.")
        if instance.agent_update_status in STEPS[:-1]:
            raise UpdateInProgressException(
                f"An update of the agent of {instance.ec2_instance_id} is {instance.agent_update_status} already. "
                "Wait until it is UPDATED."
            )
        version = VERSION.fullmatch(instance.agent_version)
        if version is None:
            raise MissingVersionException(
                f"The agent of {instance.ec2_instance_id} has told no version, so nobody knows what to update."
            )
        if [int(n) for n in version.groups()] >= [int(n) for n in LATEST_AGENT.split(".")]:
            raise NoUpdateAvailableException(
                f"There is no update available for your container agent: it runs {instance.agent_version}, the newest."
            )
        return self._at(instance, STEPS[0])

    def _at(self, instance: ContainerInstance, step: str) -> ContainerInstance:
        """Write down one step and wait for the next."""
        done = step == STEPS[-1]
        version = LATEST_AGENT if done else instance.agent_version
        instance = replace(instance, agent_update_status=step, agent_version=version, version=instance.version + 1)
        text = f"the update of the agent of {instance.ec2_instance_id} is {step}"
        self.note("instance.agent", instance.arn, text, status=step, instance=instance.ec2_instance_id)
        if not done:
            self.context.timeline.call_later(STEP, lambda: self._next(instance.arn))
        return self.store.put_instance(instance)

    def _next(self, arn: str) -> None:
        instance = self.store.instance(arn)
        if instance is None or instance.status is ContainerInstanceStatus.INACTIVE:
            return
        if instance.agent_connected:
            self._at(instance, STEPS[STEPS.index(instance.agent_update_status or STEPS[0]) + 1])
        else:
            self.context.timeline.call_later(STEP, lambda: self._next(arn))
