"""CloudWatch Logs as the ``awslogs`` driver uses it, in moto's backend.

Source of the failure texts: Amazon ECS Developer Guide, "ResourceInitializationError" (facts: stop.rie_texts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.errors import ResourceInitializationError
from ecslab.model.arn import Place


def _backend(place: Place, options: Mapping[str, str]) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[place.account][options.get("awslogs-region") or place.region]


def prepare(place: Place, options: Mapping[str, str], stream: str) -> None:
    """Create the log stream, and the group where ``awslogs-create-group`` says so. ResourceInitializationError."""
    backend, group = _backend(place, options), options.get("awslogs-group", "")
    if group not in backend.groups:
        if options.get("awslogs-create-group", "").lower() != "true":
            raise ResourceInitializationError(
                f"failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch "
                f"log stream: The specified log group '{group}' does not exist. Create it "
                f"(aws logs create-log-group --log-group-name {group}), or set awslogs-create-group to true."
            )
        backend.create_log_group(group, {})
    backend.ensure_log_stream(group, stream)


def put(place: Place, options: Mapping[str, str], stream: str, lines: Sequence[tuple[float, str]]) -> None:
    """Deliver (lab time, message) lines; a group deleted meanwhile loses them, as on AWS."""
    backend, group = _backend(place, options), options.get("awslogs-group", "")
    if group not in backend.groups or not lines:
        return
    backend.ensure_log_stream(group, stream)
    events = [{"timestamp": int(at * 1000), "message": message} for at, message in lines]
    backend.groups[group].put_log_events(stream, events)


def read(place: Place, options: Mapping[str, str], stream: str) -> list[tuple[float, str]]:
    """Every line of a stream, oldest first."""
    backend, group = _backend(place, options), options.get("awslogs-group", "")
    found = backend.groups.get(group)
    if found is None or stream not in found.streams:
        return []
    return [(event.timestamp / 1000, event.message) for event in found.streams[stream].events]
