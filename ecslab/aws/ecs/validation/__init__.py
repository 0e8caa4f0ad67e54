"""Validation of RegisterTaskDefinition: what AWS refuses, in AWS's words, with what to try.

A pure function over one table of small rules; ``rules.RULES`` is the table. It changes nothing, fills no defaults
and looks nothing up: roles, images, subnets and file systems are not checked to exist. Invariant: ``faults`` never
raises, and a definition without an ERROR is one that ``ecslab.model.definition.parse`` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.reading import read
from ecslab.aws.ecs.validation.rules import RULES, Rule
from ecslab.errors import ApiError, ClientException, InvalidParameterException

__all__ = ["RULES", "Fault", "Rule", "Severity", "faults", "validate"]

_ERRORS: Mapping[str, type[ApiError]] = {
    "ClientException": ClientException,
    "InvalidParameterException": InvalidParameterException,
}


def faults(definition: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Everything wrong with a RegisterTaskDefinition request (camelCase), in the order of the rules. Pure."""
    wanted = read(definition)
    return tuple(
        replace(fault, rule=name, source=rule.source) for name, rule in RULES.items() for fault in rule.find(wanted)
    )


def validate(definition: Mapping[str, Any]) -> None:
    """Refuse what AWS refuses: the first ERROR as ClientException or InvalidParameterException."""
    for fault in faults(definition):
        if fault.severity is Severity.ERROR:
            raise _ERRORS[fault.exception](fault.text)
