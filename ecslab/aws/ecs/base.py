"""What the families of verbs share: the store, the context, and how names in requests are looked up.

Requests are the parsed parameters with AWS's own camelCase names. Errors are ``ecslab.errors.ApiError``;
the responses turn them into AWS's shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.aws.ecs.store import Store
from ecslab.errors import ClusterNotFoundException, InvalidParameterException
from ecslab.model.arn import Place, last_part
from ecslab.model.capacity import Strategy
from ecslab.model.definition import TaskDefinition
from ecslab.model.deployments import RevisionSummary
from ecslab.model.instance import ContainerInstance
from ecslab.model.service import Service
from ecslab.model.status import LaunchType, StopCode, TaskStatus
from ecslab.model.task import Task
from ecslab.model.task_sets import TaskSet
from ecslab.scheduler.placement import Demand
from ecslab.scheduler.query import Expression, QueryError, parse

Request = Mapping[str, Any]
Failure = dict[str, str]


class Verbs:
    """Base of the verb families: it only names what ``EcsBackend`` gives them."""

    context: LabContext
    store: Store
    place: Place
    clusters: dict[str, Any]

    settings: dict[tuple[str, str], str]
    """Account settings, by principal's ARN and name."""
    task_definitions: dict[str, dict[int, Any]]
    last_revisions: dict[str, int]
    """The last revision given in each family: a deleted revision's number is never given again."""
    task_networks: dict[str, Mapping[str, Any]]
    """The networkConfiguration each task was started with, by ARN."""

    waiting: dict[str, Demand]
    """What each task that waits for capacity needs, by ARN."""

    # What one family of verbs calls of another; the family that has it overrides it.

    def setting(self, name: str, principal: str = "") -> str:
        raise NotImplementedError

    def launch_of(self, request: Request, cluster: str) -> tuple[LaunchType, Strategy]:
        raise NotImplementedError

    def unavailable(self) -> frozenset[str]:
        raise NotImplementedError

    def check_association(self, names: list[str], strategy: Strategy) -> None:
        raise NotImplementedError

    def provided(self, instance: ContainerInstance) -> ContainerInstance:
        raise NotImplementedError

    def trunked(self, instance: ContainerInstance) -> ContainerInstance:
        raise NotImplementedError

    def begin_deployment(self, service: Service) -> Service:
        raise NotImplementedError

    def read_balancers(self, given: Sequence[Mapping[str, Any]], task_definition: str) -> tuple[Mapping[str, Any], ...]:
        raise NotImplementedError

    def first_task_set(self, service: Service) -> Service:
        raise NotImplementedError

    def counted_sets(self, service: Service, tasks: Sequence[Task]) -> tuple[TaskSet, ...]:
        raise NotImplementedError

    def find_task_set(self, arn: str) -> TaskSet | None:
        raise NotImplementedError

    def tag_task_set(self, task_set: TaskSet, tags: tuple[Mapping[str, str], ...]) -> None:
        raise NotImplementedError

    def current_revisions(self, service: Service, tasks: Sequence[Task]) -> tuple[RevisionSummary, ...]:
        raise NotImplementedError

    def connected(self, service: Service, request: Request) -> Service:
        raise NotImplementedError

    def give_up_routes(self, service: Service) -> None:
        raise NotImplementedError

    def gateway_connections(self, service_arn: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def managed_resources(self, service_arn: str) -> Mapping[str, Any] | None:
        raise NotImplementedError

    def register(self, request: Request) -> Any:
        raise NotImplementedError

    def describe_task_definition(self, task_definition_str: str) -> Any:
        raise NotImplementedError

    def ensure_cluster(self, name: str, providers: Sequence[str]) -> None:
        raise NotImplementedError

    def definition(self, name_or_arn: str, *, action: str = "run") -> TaskDefinition:
        raise NotImplementedError

    def find_instance(self, cluster: str, name: str) -> ContainerInstance | None:
        raise NotImplementedError

    def find_task(self, cluster: str, task: str) -> Task | None:
        raise NotImplementedError

    def wish_stopped(self, task: Task, code: StopCode, reason: str) -> Task:
        raise NotImplementedError

    def move_task(self, task: Task, target: TaskStatus) -> Task:
        raise NotImplementedError

    def active_cluster(self, name_or_arn: str | None) -> str:
        """The name of an ACTIVE cluster, ``default`` where none is named; ClusterNotFoundException."""
        name = last_part(name_or_arn or "default")
        cluster = self.clusters.get(name)
        if cluster is None or cluster.status != "ACTIVE":
            raise ClusterNotFoundException()
        return name

    def note(self, kind: str, subject: str, text: str, **data: Any) -> None:
        """Write an entry in the lab's journal."""
        self.context.journal.record(kind, subject, text, **data)


def missing(arn: str) -> Failure:
    """What a Describe* call says of something that is not there."""
    return {"arn": arn, "reason": "MISSING"}


def page(items: Sequence[Any], request: Request, most: int) -> tuple[list[Any], str | None]:
    """The page that ``maxResults`` and ``nextToken`` ask for, and the token of the next one.

    InvalidParameterException for a token that this API did not give or a size outside 1–``most``.
    """
    size = request.get("maxResults") or most
    if not 1 <= size <= most:
        raise InvalidParameterException(f"maxResults must be between 1 and {most}; it is {size}.")
    token = request.get("nextToken") or "0"
    if not token.isdigit() or int(token) > len(items):
        raise InvalidParameterException("Invalid token. Use the nextToken of the previous answer unchanged.")
    start = int(token)
    end = start + size
    return list(items[start:end]), str(end) if end < len(items) else None


def read_query(text: str) -> Expression:
    """An expression of the cluster query language. InvalidParameterException."""
    try:
        return parse(text)
    except QueryError as wrong:
        raise InvalidParameterException(f"Invalid expression '{text}': {wrong}.") from None


def at_most(items: Sequence[Any], most: int, what: str) -> None:
    """InvalidParameterException when a call names more things than AWS allows."""
    if len(items) > most:
        raise InvalidParameterException(f"{what} cannot have more than {most} elements; it has {len(items)}.")
