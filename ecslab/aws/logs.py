"""CloudWatch Logs as the ``awslogs`` driver uses it, in moto's backend, for a role.

Invariant: nothing is created or written that the role may not. Sources: Amazon ECS Developer Guide, "Send Amazon ECS
logs to CloudWatch" (permissions) and "ResourceInitializationError" (facts: stop.rie_texts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.aws.iam.acting import Acting
from ecslab.errors import ResourceInitializationError
from ecslab.model.arn import Place

HEAD = "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log "


def _backend(place: Place, options: Mapping[str, str]) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[place.account][options.get("awslogs-region") or place.region]


def prepare(acting: Acting, options: Mapping[str, str], stream: str) -> None:
    """Create the log stream, and the group where ``awslogs-create-group`` says so. ResourceInitializationError."""
    backend, group = _backend(acting.place, options), options.get("awslogs-group", "")
    if group not in backend.groups:
        _create_group(acting, backend, options)
    denied = acting.denial("logs:CreateLogStream", stream_arn(acting.place, options, stream))
    if denied:
        raise ResourceInitializationError(f"{HEAD}stream: AccessDeniedException: {denied}")
    backend.ensure_log_stream(group, stream)


def _create_group(acting: Acting, backend: Any, options: Mapping[str, str]) -> None:
    group = options.get("awslogs-group", "")
    if options.get("awslogs-create-group", "").lower() != "true":
        raise ResourceInitializationError(
            f"{HEAD}stream: ResourceNotFoundException: The specified log group '{group}' does not exist. Create it "
            f"(aws logs create-log-group --log-group-name {group}), or set awslogs-create-group to true."
        )
    denied = acting.denial("logs:CreateLogGroup", stream_arn(acting.place, options, ""))
    if denied:
        raise ResourceInitializationError(
            f"{HEAD}group: AccessDeniedException: {denied}. No managed policy of ECS has logs:CreateLogGroup: add it "
            f"to the role, or create the group beforehand."
        )
    backend.create_log_group(group, {})


def stream_arn(place: Place, options: Mapping[str, str], stream: str) -> str:
    """The ARN that the driver's calls are about."""
    region = options.get("awslogs-region") or place.region
    return f"arn:aws:logs:{region}:{place.account}:log-group:{options.get('awslogs-group', '')}:log-stream:{stream}"


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


def exists(place: Place, group: str) -> bool:
    """Whether there is a log group of that name."""
    return group in _backend(place, {}).groups


def ensure_group(place: Place, group: str, tags: Mapping[str, str]) -> None:
    """Make a log group, if there is none of that name."""
    if not exists(place, group):
        _backend(place, {}).create_log_group(group, dict(tags))


def remove_group(place: Place, group: str) -> None:
    """Delete a log group, if it is there."""
    if exists(place, group):
        _backend(place, {}).delete_log_group(group)
