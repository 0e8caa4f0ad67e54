"""What a deployment timeline shows, as JSON: a service's running tasks by deployment, its bounds, stages and traffic.

It reads the journal and judges nothing. Invariant: every list is oldest first and within one stretch of lab time, from
shortly before the newest deployment began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.journal import Entry
from ecslab.model.service import Service
from ecslab.server.load import service_of
from ecslab.server.openlab import OpenLab

Json = dict[str, Any]
RUNNING = "RUNNING"
BEFORE = 20.0
"""Lab seconds shown before the newest deployment began."""
LEAST = 60.0
"""The shortest stretch that is shown."""
MOST_EVENTS = 12


def rollout(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """The newest deployment of ``service`` (and ``cluster``) over lab time. InvalidParameterException."""
    with lab.timeline.lock:
        service = service_of(lab, request)
        now = lab.timeline.now()
        start = max(service.created_at, min(_began(service) - BEFORE, now - LEAST))
        entries = lab.journal.read(kind="deployment.", subject=service.service_arn)
        steps, names = _steps(lab, service, start)
        bounds = service.deployment_configuration
        desired = service.desired_count
        return {
            "service": service.service_name,
            "cluster": service.cluster_name,
            "now": now,
            "start": start,
            "end": now,
            "desired": desired,
            "least": bounds.lower(desired),
            "most": bounds.upper(desired),
            "strategy": bounds.strategy.value,
            "status": _status(service),
            "deployments": _deployments(service, steps, names),
            "stages": _stages(entries, start, now),
            "traffic": [_traffic(e) for e in entries if e.kind == "deployment.traffic" and e.at >= start],
            "events": _events(service, start),
        }


def _deployments(service: Service, steps: dict[str, list[list[float]]], names: dict[str, str]) -> list[Json]:
    newest = service.deployments[0].id if service.deployments else ""
    return [
        {"id": known, "definition": names[known], "newest": known == newest, "steps": rows}
        for known, rows in steps.items()
        if any(count for _, count in rows)
    ]


def _began(service: Service) -> float:
    return service.rollout.created_at if service.rollout is not None else service.created_at


def _status(service: Service) -> str:
    if service.rollout is not None:
        return str(service.rollout.status.value)
    return str(service.deployments[0].rollout_state or "") if service.deployments else ""


def _steps(lab: OpenLab, service: Service, start: float) -> tuple[dict[str, list[list[float]]], dict[str, str]]:
    """Running tasks of each deployment after each change, and the definition of each deployment."""
    running: dict[str, set[str]] = {}
    steps: dict[str, list[list[float]]] = {}
    names: dict[str, str] = {}
    mark = f"/{service.cluster_name}/"
    for entry in lab.journal.read(kind="task.status", subject=mark):
        deployment = entry.data.get("deployment")
        if entry.data.get("service") != service.service_name or not deployment:
            continue
        names.setdefault(deployment, str(entry.data["definition"]).rsplit("/", 1)[-1])
        there = running.setdefault(deployment, set())
        before = len(there)
        if entry.data["to"] == RUNNING:
            there.add(entry.subject)
        else:
            there.discard(entry.subject)
        rows = steps.setdefault(deployment, [])
        if len(there) != before:
            _put(rows, max(entry.at, start), len(there))
    return steps, names


def _put(rows: list[list[float]], at: float, count: int) -> None:
    """One more step; of several at one moment the last stays."""
    if rows and rows[-1][0] == at:
        rows[-1][1] = count
    else:
        rows.append([at, count])


def _stages(entries: tuple[Entry, ...], start: float, now: float) -> list[Json]:
    found = [e for e in entries if e.kind == "deployment.stage" and e.at >= start]
    ended = [e.at for e in entries if e.kind == "deployment.state" and e.data.get("state") not in OPEN]
    rows = []
    for number, entry in enumerate(found):
        end = found[number + 1].at if number + 1 < len(found) else next((at for at in ended if at >= entry.at), now)
        rows.append({"start": entry.at, "end": end, "stage": entry.data["stage"]})
    return rows


OPEN = ("PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED")
"""Statuses of a deployment that goes on."""


def _traffic(entry: Entry) -> Json:
    return {"at": entry.at, "production": {f"ecs-svc/{digits}": w for digits, w in entry.data["production"].items()}}


def _events(service: Service, start: float) -> list[Json]:
    told = [e for e in service.events if e.created_at >= start][:MOST_EVENTS]
    return [{"at": e.created_at, "message": e.message} for e in reversed(told)]
