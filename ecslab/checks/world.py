"""What a check may look at: the account over the AWS API, the journal, and the lab's own HTTP API.

Not the learner's ``Lab`` object and no door into the server: everything comes in as callables, so this floor
imports neither moto nor the control plane. Invariant: a World only looks; it changes nothing in the account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ecslab.checks.finding import Uncheckable
from ecslab.errors import EcslabError, LabError

REGION = "us-east-1"
OPENED = "lab.opened"  # the kind of journal entry with which an empty account begins
_PAGE = 100  # DescribeTasks takes at most 100 tasks
_clients: dict[tuple[str, str], Any] = {}
_clients_lock = threading.Lock()


class Entry(Protocol):
    """A journal entry as a check reads it (``ecslab.journal.Entry`` is one)."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class ReadJournal(Protocol):
    """``ecslab.journal.Journal.read`` is one: entries above ``after``, by start of kind and part of subject."""

    def __call__(self, *, after: int = 0, kind: str = "", subject: str = "") -> Sequence[Entry]: ...


class LabCall(Protocol):
    """The lab's own HTTP API: ``lab("GET", "/_ecslab/state", None)`` gives the JSON it answers with."""

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None, /) -> dict[str, Any]: ...


def _nobody_to_call(name: str, *arguments: Any) -> Any:
    raise Uncheckable(f"Whether {name} does as it should is looked at when your notebook is graded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The world one question is checked against.

    ``journal(kind="", subject="", after=0)`` gives entries (number, at, kind, subject, text, data) oldest first;
    ``answers`` maps question numbers to what the learner handed in; ``runtime`` is docker, process or simulated;
    ``now()`` is lab time in seconds since the epoch.
    """

    endpoint: str
    question: str
    answers: Mapping[str, Any]
    journal: ReadJournal
    lab: LabCall
    runtime: str
    now: Callable[[], float]
    clients: Callable[[str], Any] | None = None
    """Makes the AWS clients, where they shall not dial ``endpoint``."""
    call: Callable[..., Any] = _nobody_to_call
    """``call(name, *arguments)`` calls a function the learner wrote, JSON in and JSON out. Errors: LabError with what
    it raised; Uncheckable where no notebook is graded."""

    variant: Mapping[str, Any] = field(default_factory=dict)
    """What is this learner's own in the question."""

    def since_opened(self) -> World:
        """The same world, with a journal that begins where the account was last empty (at the start or a reset)."""
        openings = [entry.number for entry in self.journal(kind=OPENED)]
        beginning = openings[-1] if openings else 0
        read = self.journal

        def later(*, after: int = 0, kind: str = "", subject: str = "") -> Sequence[Entry]:
            return read(after=max(after, beginning), kind=kind, subject=subject)

        return replace(self, journal=later)

    # ── the AWS API ───────────────────────────────────────────────────────────────────────────────────────

    def client(self, service: str) -> Any:
        """A boto3 client of ``service`` on this lab."""
        return self.clients(service) if self.clients is not None else _client(self.endpoint, service)

    @property
    def ecs(self) -> Any:
        """The boto3 client of ECS on this lab."""
        return self.client("ecs")

    def tasks(
        self, cluster: str = "default", service: str | None = None, stopped: bool = False
    ) -> list[dict[str, Any]]:
        """The tasks that should run, as DescribeTasks shows them, oldest first; with ``stopped`` the stopped ones
        too (ECS keeps those for an hour). An unknown cluster or service has none."""
        wanted = ("RUNNING", "STOPPED") if stopped else ("RUNNING",)
        query = {"cluster": cluster} | ({"serviceName": service} if service else {})
        try:
            arns = [arn for status in wanted for arn in self._listed(query | {"desiredStatus": status})]
            tasks = [task for page in _paged(arns) for task in self._described(cluster, page)]
        except ClientError as refused:
            if _is_missing(refused):
                return []
            raise
        return sorted(tasks, key=lambda task: (str(task.get("createdAt", "")), task["taskArn"]))

    def service(self, name: str, cluster: str = "default") -> dict[str, Any] | None:
        """The service as DescribeServices shows it (INACTIVE ones too), None where there is none."""
        try:
            found = self.ecs.describe_services(cluster=cluster, services=[name])["services"]
        except ClientError as refused:
            if _is_missing(refused):
                return None
            raise
        return found[0] if found else None

    def definition(self, name: str) -> dict[str, Any] | None:
        """The task definition ``family``, ``family:revision`` or ARN (newest ACTIVE revision of a family)."""
        try:
            found: dict[str, Any] = self.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        except ClientError as refused:
            if _is_missing(refused):
                return None
            raise
        return found

    def definitions(self, family: str) -> list[dict[str, Any]]:
        """Every revision of ``family``, ACTIVE and INACTIVE, oldest first; empty where there is none."""
        arns = [arn for status in ("ACTIVE", "INACTIVE") for arn in self._revisions(family, status)]
        found = [definition for arn in arns if (definition := self.definition(arn)) is not None]
        return sorted(found, key=lambda definition: int(definition["revision"]))

    # ── the lab's own API ─────────────────────────────────────────────────────────────────────────────────

    def answer(self, default: Any = None) -> Any:
        """What the learner handed in for this question, ``default`` where nothing."""
        return self.answers.get(self.question, default)

    def state(self) -> dict[str, Any]:
        """The whole lab as ``/_ecslab/state`` shows it."""
        return self.lab("GET", "/_ecslab/state", None)

    def curl(self, task: str, port: int | None = None, path: str = "/") -> tuple[int, str]:
        """GET ``path`` from a task (id or ARN), as (HTTP status, body). Errors: LabError where it does not answer."""
        body: dict[str, Any] = {"task": task, "path": path} | ({} if port is None else {"port": port})
        try:
            seen = self.lab("POST", "/_ecslab/curl", body)
        except LabError:
            raise
        except EcslabError as refused:
            raise LabError(str(refused), "Is the task RUNNING, and does it map a port?") from refused
        return int(seen["status"]), str(seen["body"])

    def endpoints(self, task: str) -> list[dict[str, Any]]:
        """Where a task (id or ARN) can be reached: container, containerPort, hostPort, protocol, host, port, url."""
        short = task.rsplit("/", 1)[-1]
        for cluster in self.state()["clusters"]:
            for seen in cluster["tasks"]:
                if seen["id"] == short:
                    return list(seen["endpoints"])
        return []

    # ── paging ────────────────────────────────────────────────────────────────────────────────────────────

    def _listed(self, query: Mapping[str, Any]) -> list[str]:
        pages = self.ecs.get_paginator("list_tasks").paginate(**query)
        return [arn for page in pages for arn in page["taskArns"]]

    def _described(self, cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
        return list(self.ecs.describe_tasks(cluster=cluster, tasks=list(arns), include=["TAGS"])["tasks"])

    def _revisions(self, family: str, status: str) -> list[str]:
        pages = self.ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status=status)
        arns = [arn for page in pages for arn in page["taskDefinitionArns"]]
        return [arn for arn in arns if arn.rsplit("/", 1)[-1].rsplit(":", 1)[0] == family]


def _paged(arns: Sequence[str]) -> list[Sequence[str]]:
    unique = list(dict.fromkeys(arns))
    return [unique[start : start + _PAGE] for start in range(0, len(unique), _PAGE)]


def _is_missing(refused: ClientError) -> bool:
    """True where AWS says that the thing does not exist (ClientException is DescribeTaskDefinition's answer)."""
    return refused.response["Error"]["Code"] in {
        "ClusterNotFoundException",
        "ServiceNotFoundException",
        "ClientException",
    }


def _client(endpoint: str, service: str) -> Any:
    """A client with throw-away credentials; made once, since making one costs more than a check."""
    with _clients_lock:
        if (endpoint, service) not in _clients:
            session = boto3.Session("test", "test", region_name=REGION)
            config = Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30, proxies={})
            _clients[endpoint, service] = session.client(service, endpoint_url=endpoint, config=config)
        return _clients[endpoint, service]
