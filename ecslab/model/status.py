"""The states of ECS things, spelled as the API spells them, and the one table of task transitions.

The table is the code, the diagram (``mermaid()``) and the test. It decides nothing: it says what may follow
what. Source: botocore's ECS model; Amazon ECS Developer Guide, "Amazon ECS task lifecycle".
"""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """``lastStatus`` of a task, in order of life."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


class DesiredStatus(StrEnum):
    """``desiredStatus`` of a task: only these two are ever set."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class ContainerStatus(StrEnum):
    """``lastStatus`` of a container."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class HealthStatus(StrEnum):
    """Health of a container or task. For a task UNHEALTHY wins over UNKNOWN, UNKNOWN over HEALTHY."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    UNKNOWN = "UNKNOWN"


class StopCode(StrEnum):
    """Why a task stopped."""

    TASK_FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    USER_INITIATED = "UserInitiated"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"
    SPOT_INTERRUPTION = "SpotInterruption"
    TERMINATION_NOTICE = "TerminationNotice"
    INFRASTRUCTURE_HEALTH = "InfrastructureHealth"


class LaunchType(StrEnum):
    """Where a task runs."""

    EC2 = "EC2"
    FARGATE = "FARGATE"
    EXTERNAL = "EXTERNAL"
    MANAGED_INSTANCES = "MANAGED_INSTANCES"


class NetworkMode(StrEnum):
    """Network mode of a task definition."""

    AWSVPC = "awsvpc"
    BRIDGE = "bridge"
    HOST = "host"
    NONE = "none"


class ContainerInstanceStatus(StrEnum):
    """Status of a container instance. REGISTERING: it waits for the daemons without which nothing runs on it."""

    REGISTERING = "REGISTERING"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


class ServiceStatus(StrEnum):
    """Status of a service."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


class DeploymentStatus(StrEnum):
    """Status of a deployment inside its service."""

    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class RolloutState(StrEnum):
    """How far a deployment has come."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class SchedulingStrategy(StrEnum):
    """How a service decides on the number of its tasks."""

    REPLICA = "REPLICA"
    DAEMON = "DAEMON"


class Condition(StrEnum):
    """What a container waits for in ``dependsOn``."""

    START = "START"
    COMPLETE = "COMPLETE"
    SUCCESS = "SUCCESS"
    HEALTHY = "HEALTHY"


TRANSITIONS: dict[TaskStatus, tuple[TaskStatus, ...]] = {
    TaskStatus.PROVISIONING: (TaskStatus.PENDING, TaskStatus.DEPROVISIONING),
    TaskStatus.PENDING: (TaskStatus.ACTIVATING, TaskStatus.STOPPING),
    TaskStatus.ACTIVATING: (TaskStatus.RUNNING, TaskStatus.STOPPING),
    TaskStatus.RUNNING: (TaskStatus.DEACTIVATING,),
    TaskStatus.DEACTIVATING: (TaskStatus.STOPPING,),
    TaskStatus.STOPPING: (TaskStatus.DEPROVISIONING, TaskStatus.STOPPED),
    TaskStatus.DEPROVISIONING: (TaskStatus.STOPPED,),
    TaskStatus.STOPPED: (),
}
"""What may follow what. Only tasks with a network interface pass through PROVISIONING and DEPROVISIONING."""


NOT_YET_RUNNING = frozenset((TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING))
"""What ECS counts as pending."""


def mermaid() -> str:
    """The transition table as a Mermaid state diagram."""
    arrows = [f"    {a} --> {b}" for a, following in TRANSITIONS.items() for b in following]
    return "\n".join(["stateDiagram-v2", *arrows])
