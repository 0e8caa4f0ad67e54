"""What dependsOn promises, as claims about pure functions."""

from __future__ import annotations

import pytest

from ecslab.agent.dependencies import State, Why, blocked_by, may_stop
from ecslab.model.definition import ContainerDefinition, Dependency
from ecslab.model.status import Condition, ContainerStatus, HealthStatus

NOW = 1000.0
PENDING = State()
RUNNING = State(status=ContainerStatus.RUNNING, started_at=990.0)
HEALTHY = State(status=ContainerStatus.RUNNING, started_at=990.0, health=HealthStatus.HEALTHY)
UNHEALTHY = State(status=ContainerStatus.RUNNING, started_at=990.0, health=HealthStatus.UNHEALTHY)
DONE = State(status=ContainerStatus.STOPPED, started_at=990.0, exit_code=0)
FAILED = State(status=ContainerStatus.STOPPED, started_at=990.0, exit_code=3)
NEVER_RAN = State(status=ContainerStatus.STOPPED)


def container(name: str, *depends_on: tuple[str, Condition]) -> ContainerDefinition:
    return ContainerDefinition(
        name=name,
        image="ecslab/web:1",
        docker_labels={},
        depends_on=tuple(Dependency(container_name=n, condition=c) for n, c in depends_on),
    )


@pytest.mark.parametrize(
    ("condition", "state", "blocked"),
    [
        (Condition.START, PENDING, Why.WAITING),
        (Condition.START, RUNNING, None),
        (Condition.START, DONE, None),
        (Condition.START, NEVER_RAN, Why.NEVER_STARTED),
        (Condition.COMPLETE, RUNNING, Why.WAITING),
        (Condition.COMPLETE, DONE, None),
        (Condition.COMPLETE, FAILED, None),
        (Condition.COMPLETE, NEVER_RAN, Why.NEVER_STARTED),
        (Condition.SUCCESS, PENDING, Why.WAITING),
        (Condition.SUCCESS, RUNNING, Why.WAITING),
        (Condition.SUCCESS, DONE, None),
        (Condition.SUCCESS, FAILED, Why.FAILED),
        (Condition.HEALTHY, RUNNING, Why.WAITING),
        (Condition.HEALTHY, HEALTHY, None),
        (Condition.HEALTHY, UNHEALTHY, Why.WAITING),
        (Condition.HEALTHY, DONE, Why.FAILED),
    ],
)
def test_each_condition_blocks_until_it_is_met_and_for_good_when_it_cannot_be(
    condition: Condition, state: State, blocked: Why | None
) -> None:
    found = blocked_by(container("web", ("init", condition)), {"init": state}, NOW)
    assert (found.why if found else None) is blocked
    assert found is None or (found.dependency, found.condition) == ("init", condition)


def test_a_dependency_that_is_not_there_blocks_for_good() -> None:
    found = blocked_by(container("web", ("init", Condition.START)), {}, NOW)
    assert found is not None
    assert found.never
    assert (
        found.reason == "dependency graph: container ordering dependency [init:START] for target [web] does not exist."
    )


def test_start_timeout_of_the_dependency_ends_the_waiting() -> None:
    slow = State(status=ContainerStatus.RUNNING, started_at=990.0, start_timeout=20.0)
    web = container("web", ("db", Condition.HEALTHY))
    before, after = blocked_by(web, {"db": slow}, 1009.0), blocked_by(web, {"db": slow}, 1010.0)
    assert before is not None
    assert after is not None
    assert (before.never, before.until) == (False, 1010.0)
    assert after.never
    assert after.reason.endswith("has timed out.")


def test_start_timeout_does_not_count_for_the_condition_start() -> None:
    pending = State(start_timeout=1.0)
    found = blocked_by(container("web", ("db", Condition.START)), {"db": pending}, NOW)
    assert found is not None
    assert not found.never


def test_a_hopeless_dependency_is_told_before_one_that_is_only_late() -> None:
    web = container("web", ("late", Condition.COMPLETE), ("init", Condition.SUCCESS))
    found = blocked_by(web, {"late": RUNNING, "init": FAILED}, NOW)
    assert found is not None
    assert (found.dependency, found.why) == ("init", Why.FAILED)


def test_a_container_is_stopped_only_after_all_that_depend_on_it() -> None:
    graph = [container("db"), container("web", ("db", Condition.START)), container("log", ("db", Condition.START))]
    assert not may_stop("db", graph, ["db", "web", "log"])
    assert not may_stop("db", graph, ["db", "log"])
    assert may_stop("db", graph, ["db"])
    assert may_stop("web", graph, ["db", "web", "log"])
