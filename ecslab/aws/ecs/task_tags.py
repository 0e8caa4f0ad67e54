"""The tags of a task that starts: its own, those it gets from its service or definition, and ECS's managed ones. Pure.

Sources: Amazon ECS Developer Guide, "Tagging Amazon ECS resources" (a tag given in the request wins; managed tags are
aws:ecs:clusterName and, for a service's tasks, aws:ecs:serviceName).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecslab.errors import InvalidParameterException

Tags = Sequence[Mapping[str, str]]
FROM_DEFINITION, FROM_SERVICE = "TASK_DEFINITION", "SERVICE"


def managed_tags(cluster: str, service: str = "") -> tuple[Mapping[str, str], ...]:
    """The tags of ``enableECSManagedTags``."""
    own = {"aws:ecs:clusterName": cluster} | ({"aws:ecs:serviceName": service} if service else {})
    return tuple({"key": key, "value": value} for key, value in own.items())


def merged_tags(*groups: Tags) -> tuple[Mapping[str, str], ...]:
    """Tags of several sources, each key once, with the value of the last that has it."""
    found = {t["key"]: t.get("value") or "" for group in groups for t in group}
    return tuple({"key": key, "value": value} for key, value in found.items())


def check_run(propagate: str | None) -> None:
    """InvalidParameterException for a task of no service that is to have a service's tags."""
    if propagate == FROM_SERVICE:
        raise InvalidParameterException(
            "propagateTags SERVICE is for services. For a task that you run, use TASK_DEFINITION or leave it out."
        )
