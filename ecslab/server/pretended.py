"""The lab's own route behind ``lab.pretended()``: what was asked for here that is only pretended, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws.ecs import coverage
from ecslab.aws.ecs.coverage_table import DEPENDING
from ecslab.aws.ecs.remembering import Remembered
from ecslab.server.openlab import OpenLab


def pretended(lab: OpenLab, request: Mapping[str, Any]) -> dict[str, Any]:
    """One row for each part of a request that was asked for and has no effect here, in the order of asking."""
    why = {p.what: p.why for p in lab.capabilities.pretended}
    with lab.timeline.lock:
        known = sorted(lab.backend.asked_for.values(), key=lambda r: r.first_at)
    rows = [_row(found, _why(found, why)) for found in known if _why(found, why)]
    return {"rows": rows, "runtime": lab.choice.name}


def _why(found: Remembered, runtime: Mapping[str, str]) -> str:
    feature = DEPENDING.get(found.operation, {}).get(found.path)
    return runtime.get(feature, "") if feature else coverage.sentence_of(found.operation, found.path)


def _row(found: Remembered, why: str) -> dict[str, Any]:
    parameter = found.path.partition("=")[0]
    return {
        "operation": found.operation,
        "parameter": parameter,
        "value": found.value,
        "times": found.times,
        "why": why,
    }
