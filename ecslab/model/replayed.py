"""The state that the journal tells of: what is folded from its entries is what the API shows.

Pure; it reads entries and never the store. Law: after every entry the fold is the state of the account, so that any
moment that the journal still holds can be shown again (``tests/aws/test_replayed.py`` holds it over random requests).
It covers what a learner asks about: clusters, task definitions, container instances, services and tasks, each with what
changes of them by calls or by itself. Containers, deployments and everything outside ECS are not rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecslab.journal import Entry

ACTIVE, INACTIVE, DRAINING = "ACTIVE", "INACTIVE", "DRAINING"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceState:
    """A container instance."""

    status: str
    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service. ``definition`` is empty where its task sets have their own."""

    status: str
    desired: int
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A task, by its wire values."""

    status: str
    desired: str = "RUNNING"
    stop_code: str = ""
    reason: str = ""
    health: str = "UNKNOWN"


@dataclass(slots=True, kw_only=True)
class State:
    """Everything, by ARN. Clusters and task definitions have their status."""

    clusters: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    instances: dict[str, InstanceState] = field(default_factory=dict)
    services: dict[str, ServiceState] = field(default_factory=dict)
    tasks: dict[str, TaskState] = field(default_factory=dict)


def replayed(entries: Iterable[Entry]) -> State:
    """The state after these entries, which begin with the lab's."""
    state = State()
    for entry in entries:
        if entry.kind == "lab.opened":
            state = State()  # a lab that is reset begins anew
        step = _STEPS.get(entry.kind)
        if step is not None:
            step(state, entry.subject, entry.data)
    return state


def _instance(state: State, arn: str, **changes: Any) -> None:
    known = state.instances.get(arn, InstanceState(status=ACTIVE, connected=False))
    state.instances[arn] = InstanceState(
        status=str(changes.get("status", known.status)), connected=bool(changes.get("connected", known.connected))
    )


def _service(state: State, arn: str, data: Mapping[str, Any]) -> None:
    known = state.services.get(arn, ServiceState(status=ACTIVE, desired=0, definition=""))
    state.services[arn] = ServiceState(
        status=str(data.get("status", known.status)),
        desired=int(data.get("desired", known.desired)),
        definition=str(data.get("definition", known.definition)),
    )


def _task(state: State, arn: str, **changes: Any) -> None:
    known = state.tasks.get(arn, TaskState(status=""))
    given = {name: str(value) for name, value in changes.items() if value is not None}
    state.tasks[arn] = replace(known, **given)


def _status(state: State, arn: str, data: Mapping[str, Any]) -> None:
    _task(state, arn, status=data["to"], stop_code=data["stop_code"], reason=data["reason"])


def _stop(state: State, arn: str, data: Mapping[str, Any]) -> None:
    _task(state, arn, desired="STOPPED", stop_code=data["stop_code"], reason=data["reason"])


Step = Callable[[State, str, Mapping[str, Any]], object]
_STEPS: dict[str, Step] = {
    "cluster.created": lambda state, arn, data: state.clusters.update({arn: ACTIVE}),
    "cluster.deleted": lambda state, arn, data: state.clusters.update({arn: INACTIVE}),
    "definition.registered": lambda state, arn, data: state.definitions.update({arn: ACTIVE}),
    "definition.deregistered": lambda state, arn, data: state.definitions.update({arn: INACTIVE}),
    "definition.deleted": lambda state, arn, data: state.definitions.pop(arn, None),
    "instance.registered": lambda state, arn, data: _instance(state, arn),
    "instance.status": lambda state, arn, data: _instance(state, arn, **data),
    "instance.agent": lambda state, arn, data: _instance(
        state, arn, **{k: v for k, v in data.items() if k == "connected"}
    ),
    "instance.deregistered": lambda state, arn, data: _instance(state, arn, status=INACTIVE, connected=False),
    "service.created": lambda state, arn, data: _service(state, arn, {"status": ACTIVE, **data}),
    "service.updated": _service,
    "service.changed": _service,
    "service.deleted": lambda state, arn, data: _service(state, arn, {**data, "status": DRAINING}),
    "service.inactive": lambda state, arn, data: _service(state, arn, {"status": INACTIVE}),
    "task.status": _status,
    "task.stop": _stop,
    "task.health": lambda state, arn, data: _task(state, arn, health=data["health"]),
}
