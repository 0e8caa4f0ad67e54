"""What a learner hands over for a task, a service or an instance, as the one name the server wants.

An ARN or id as it is; of a dict that boto3 returned its ARN; of a whole answer (``run_task``'s) its only member.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.client.failures import problem

KEYS = ("taskArn", "serviceArn", "ec2InstanceId", "containerInstanceArn", "InstanceId")
LISTS = ("tasks", "services", "containerInstances", "taskArns", "serviceArns", "containerInstanceArns")


def name_of(thing: Any) -> str:
    """The name of a task, service or instance. LabError for what is none, or more than one."""
    if isinstance(thing, str) and thing:
        return thing
    if isinstance(thing, Mapping):
        return _of_mapping(thing)
    if isinstance(thing, list | tuple):
        return name_of(_only(thing, "list"))
    raise problem(
        f"{type(thing).__name__} is not a task, a service or an instance.",
        "Give an ARN, an id, or the dict that boto3 returned.",
    )


def _of_mapping(thing: Mapping[str, Any]) -> str:
    for key in KEYS:
        if thing.get(key):
            return str(thing[key])
    for key in ("task", "service"):
        if isinstance(thing.get(key), Mapping):
            return name_of(thing[key])
    for key in LISTS:
        if key in thing:
            return name_of(_only(thing[key], f"answer's '{key}'"))
    raise problem(
        "This dict is not a task, a service or an instance.",
        'Give the dict that boto3 returned for one, for example ecs.run_task(…)["tasks"][0].',
    )


def _only(things: Any, where: str) -> Any:
    if len(things) != 1:
        raise problem(f"One thing was wanted, but the {where} has {len(things)}.", "Choose one, for example with [0].")
    return things[0]
