"""A cluster as DescribeClusters shows it: with what ``include`` asks for, and without the rest.

Source: Amazon ECS API Reference, DescribeClusters (ATTACHMENTS, CONFIGURATIONS, SETTINGS, STATISTICS, TAGS) and Cluster
(names of the statistics).
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from ecslab.aws.ecs.store import Store
from ecslab.model.status import NOT_YET_RUNNING, LaunchType, ServiceStatus, TaskStatus

KINDS = ((LaunchType.EC2, "EC2"), (LaunchType.FARGATE, "Fargate"), (LaunchType.EXTERNAL, "External"))


def shown(cluster: Any, store: Store, include: Collection[str]) -> Any:
    """A copy of the cluster with the parts that are asked for."""
    view = copy.copy(cluster)
    view.statistics = statistics(store, cluster.name) if "STATISTICS" in include else []
    view.settings = cluster.settings if "SETTINGS" in include else []
    if "CONFIGURATIONS" not in include:
        view.configuration = None
    if "TAGS" not in include:
        view.tags = []
    return view


def statistics(store: Store, cluster: str) -> list[dict[str, str]]:
    """Running and pending tasks, and ACTIVE and DRAINING services, by launch type."""
    tasks, services = list(store.tasks(cluster)), store.services(cluster)
    found: dict[str, int] = {}
    for kind, word in KINDS:
        mine = [t for t in tasks if t.launch_type is kind]
        found[f"running{word}TasksCount"] = sum(t.last_status is TaskStatus.RUNNING for t in mine)
        found[f"pending{word}TasksCount"] = sum(t.last_status in NOT_YET_RUNNING for t in mine)
        own = [s for s in services if s.launches_on is kind]
        found[f"active{word}ServiceCount"] = sum(s.status is ServiceStatus.ACTIVE for s in own)
        found[f"draining{word}ServiceCount"] = sum(s.status is ServiceStatus.DRAINING for s in own)
    return [{"name": name, "value": str(value)} for name, value in found.items()]
