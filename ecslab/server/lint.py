"""The lab's own route that finds everything wrong with a task definition at once. It registers nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ecslab.aws.ecs.validation import faults
from ecslab.errors import InvalidParameterException

SHOWN = ("severity", "field", "message", "advice", "rule", "source")


def lint(request: Mapping[str, Any]) -> dict[str, Any]:
    """The faults of ``definition``. InvalidParameterException where it is no object."""
    definition = request.get("definition")
    if not isinstance(definition, Mapping):
        raise InvalidParameterException("definition must be an object: the parameters of RegisterTaskDefinition.")
    return {"faults": [{key: value for key, value in asdict(f).items() if key in SHOWN} for f in faults(definition)]}
