"""What an agent answers to its tasks' containers: the task role's credentials, metadata, scale-in protection.

It has no socket: ``answer`` takes a path. Invariant: a container learns of the task it was given an id for and of no
other; the execution role's credentials are never among the answers.
Sources: amazon-ecs-agent, handlers/v2 and v4; facts §12 (paths, errors).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ecslab.agent import protection
from ecslab.agent.api import HoldsRoles
from ecslab.agent.known import KnownContainer, KnownTask
from ecslab.agent.metadata import container_metadata, statistics, task_metadata
from ecslab.errors import EcslabError
from ecslab.model.network import ContainerWiring
from ecslab.runtimes.base import Measures, Runtime
from ecslab.timeline import Timeline

RELATIVE = "http://169.254.170.2"
"""Where containers find the agent on AWS; elsewhere they are told the whole address."""
CREDENTIALS, METADATA = "/v2/credentials/", "/v4/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    body: str


def metadata_id(task_id: str, container: str) -> str:
    """The id of a container in its metadata's path; the same after the agent has died and come back."""
    return f"{task_id}-{int(hashlib.sha256(container.encode()).hexdigest()[:8], 16)}"


def doors(task: KnownTask, container: str, wiring: ContainerWiring) -> dict[str, str]:
    """The variables that tell a container where its agent and AWS are; none where it cannot reach them.

    ECS gives AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; the full one is for SDKs outside ECS and is what a task without a
    network namespace of its own gets here. AWS_ENDPOINT_URL is this lab's, for there is no other AWS.
    """
    found = {}
    if wiring.agent:
        own = metadata_id(task.task_id, container)
        found["ECS_CONTAINER_METADATA_URI_V4"] = f"{wiring.agent}{METADATA}{own}"
        found["ECS_AGENT_URI"] = f"{wiring.agent}{protection.PREFIX}{own}"
        if task.credentials_id:
            path = CREDENTIALS + task.credentials_id
            name = "RELATIVE" if wiring.agent == RELATIVE else "FULL"
            found[f"AWS_CONTAINER_CREDENTIALS_{name}_URI"] = path if name == "RELATIVE" else wiring.agent + path
    if wiring.aws:
        found |= {"AWS_ENDPOINT_URL": wiring.aws, "AWS_EC2_METADATA_DISABLED": "true"}
    return found


class TaskEndpoint:
    """The endpoint of all agents of a lab. ``find``: what a task's agent knows of it, by task id."""

    def __init__(
        self, find: Callable[[str], KnownTask | None], api: HoldsRoles, runtime: Runtime, timeline: Timeline
    ) -> None:
        self._find = find
        self._api = api
        self._runtime = runtime
        self._timeline = timeline

    def answer(self, path: str, method: str = "GET", body: str = "") -> Answer:
        """The answer to a request. Call it without the timeline's lock: statistics are measured for real."""
        path = path.partition("?")[0]
        if path.startswith(protection.PREFIX) and path.endswith(protection.SUFFIX) and method in ("GET", "PUT"):
            return self._protection(path.removeprefix(protection.PREFIX).partition("/")[0], method, body)
        if method != "GET":
            return _problem(405, "MethodNotAllowed", f"{path} is read with GET.")
        if path.startswith(CREDENTIALS.rstrip("/")):
            with self._timeline.lock:
                return self._credentials(path.removeprefix(CREDENTIALS.rstrip("/")).strip("/"))
        if path.startswith(METADATA):
            identity, _, rest = path.removeprefix(METADATA).strip("/").partition("/")
            return self._metadata(identity, rest)
        return _problem(404, "NotFound", f"404 page not found: {path}")

    def _protection(self, identity: str, method: str, body: str) -> Answer:
        with self._timeline.lock:
            task = self._find(identity.partition("-")[0])
            own = task is not None and any(metadata_id(task.task_id, c.name) == identity for c in _containers(task))
            if task is None or not own or not isinstance(self._api, protection.Protects):
                return _problem(404, "NotFound", f"Failed to find a task for the request '{identity}'")
            status, told = protection.answer(self._api, task.assignment.task, method, body)
        return Answer(status=status, body=json.dumps(told))

    def _credentials(self, credentials_id: str) -> Answer:
        if not credentials_id:
            return _problem(400, "NoIdInRequest", "CredentialsV2Request: No ID in the request")
        try:
            found = self._api.credentials(credentials_id)
        except EcslabError as problem:
            return _problem(503, "CredentialsUninitialized", f"CredentialsV2Request: {problem}")
        if found is None:
            return _problem(400, "InvalidIdInRequest", "CredentialsV2Request: ID not found")
        return _json(
            {
                "RoleArn": found.role_arn,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "Token": found.token,
                "Expiration": datetime.fromtimestamp(found.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    def _metadata(self, identity: str, rest: str) -> Answer:
        with self._timeline.lock:
            task = self._find(identity.partition("-")[0])
            own = next((c for c in _containers(task) if task and metadata_id(task.task_id, c.name) == identity), None)
            if task is None or own is None:
                return _problem(404, "NotFound", f"V4 metadata handler: unable to get container ID from '{identity}'")
            told = {
                "": lambda: container_metadata(task, own),
                "task": lambda: task_metadata(task),
                "taskWithTags": lambda: task_metadata(task, tags=True),
            }.get(rest)
            if told is not None:
                return _json(told())
        if rest == "stats":
            return _json(self._statistics(own))
        if rest == "task/stats":
            return _json({c.runtime_id: self._statistics(c) for c in _containers(task) if c.runtime_id})
        return _problem(404, "NotFound", f"404 page not found: {rest}. Try task, taskWithTags, stats, task/stats.")

    def _statistics(self, container: KnownContainer) -> dict[str, Any] | None:
        runtime = self._runtime
        if not container.runtime_id or not isinstance(runtime, Measures):
            return None
        try:
            usage = runtime.measure(container.runtime_id)
        except EcslabError:
            return None
        return statistics(container, usage, now=self._timeline.now())


def _containers(task: KnownTask | None) -> tuple[KnownContainer, ...]:
    return tuple(task.containers.values()) if task is not None else ()


def _json(value: Any) -> Answer:
    return Answer(status=200, body=json.dumps(value))


def _problem(status: int, code: str, message: str) -> Answer:
    body: Mapping[str, Any] = {"code": code, "message": message, "HTTPErrorCode": status}
    return Answer(status=status, body=json.dumps(body))
