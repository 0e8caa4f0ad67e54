"""Claims about loads on a served, simulated lab: what the tasks use of it, who bears it, when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.aws import cloudwatch
from ecslab.errors import InvalidParameterException
from tests.server.conftest import Served

BUSY = {"service": "web", "rps": 4, "cost": 0.05}
"""A fifth of a vCPU."""


def web(served: Served, count: int = 2, **definition: Any) -> None:
    served.register(**(definition or {"cpu": "256"}))
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=count)
    served.until(lambda: served.running("web") == count)


def minutes(served: Served, count: float) -> None:
    served.lab.timeline.advance(60 * count)


def cpu(served: Served) -> float | None:
    """The service's latest CPUUtilization."""
    now = served.lab.timeline.now() // 60 * 60
    metric = cloudwatch.key_of("AWS/ECS", "CPUUtilization", {"ClusterName": "default", "ServiceName": "web"})
    (value,) = cloudwatch.read(served.lab.backend.place, metric, "Average", 60, start=now - 60, end=now)
    return value


def put(served: Served, **more: Any) -> dict[str, Any]:
    return served.api.handle("POST", "loads", BUSY | more)


def one(served: Served, name: str = "load-1") -> dict[str, Any]:
    found: dict[str, Any] = served.api.handle("GET", "loads", {"load": name})["loads"][0]
    return found


def test_a_load_is_shared_by_the_running_tasks(served: Served) -> None:
    web(served)
    said = put(served)
    assert (said["demand"], said["running"], said["problem"]) == (pytest.approx(0.2), True, "")
    minutes(served, 3)
    assert cpu(served) == pytest.approx(40, abs=0.1)
    served.ecs.update_service(service="web", desiredCount=4)
    minutes(served, 3)
    assert cpu(served) == pytest.approx(20, abs=0.1)
    assert one(served)["requests"] == pytest.approx(4 * 360, rel=0.02)
    assert one(served)["failures"] == 0


def test_a_load_follows_its_pattern_and_ends_with_its_minutes(served: Served) -> None:
    web(served)
    put(served, rps=None, pattern=[(0, 2), (3, 4)], minutes=6)
    minutes(served, 2.9)
    assert one(served)["rps"] == 2
    minutes(served, 2)
    assert one(served)["rps"] == 4
    minutes(served, 2)
    assert not one(served)["running"]
    assert one(served)["requests"] == 2 * 180 + 4 * 180
    kinds = [entry.kind for entry in served.lab.journal.read(kind="load.")]
    assert kinds == ["load.started", "load.changed", "load.stopped"]
    minutes(served, 2)
    assert cpu(served) == pytest.approx(0, abs=0.1)


def test_what_a_tasks_own_limit_does_not_allow_fails(served: Served) -> None:
    web(served, count=1)
    put(served, rps=10)
    minutes(served, 3)
    said = one(served)
    assert cpu(served) == pytest.approx(100, abs=0.1)
    assert said["failures"] / said["requests"] == pytest.approx(0.5, abs=0.02)


def test_what_the_instance_has_no_room_for_fails(served: Served) -> None:
    web(served, count=1, container={"cpu": 256})
    put(served, rps=80)
    minutes(served, 3)
    said = one(served)
    assert cpu(served) == pytest.approx(800, abs=1)
    assert said["failures"] / said["requests"] == pytest.approx(0.5, abs=0.02)
    assert said["problem"] == "the tasks can do 50% of what is asked"


def test_without_a_running_task_every_request_fails(served: Served) -> None:
    web(served)
    served.ecs.update_service(service="web", desiredCount=0)
    served.until(lambda: served.running("web") == 0)
    put(served)
    minutes(served, 1)
    said = one(served)
    assert said["failures"] == said["requests"] > 0
    assert said["problem"] == "no task of the service is RUNNING"


def test_a_stopped_load_uses_nothing_any_more(served: Served) -> None:
    web(served)
    put(served)
    put(served, rps=2)
    minutes(served, 3)
    assert cpu(served) == pytest.approx(60, abs=0.1)
    ended = served.api.handle("POST", "loads/stop", {"load": "load-1"})["loads"]
    assert [load["load"] for load in ended] == ["load-1"]
    minutes(served, 3)
    assert cpu(served) == pytest.approx(20, abs=0.1)
    assert [load["load"] for load in served.api.handle("POST", "loads/stop", {})["loads"]] == ["load-2"]
    assert served.api.handle("POST", "loads/stop", {})["loads"] == []


def test_a_load_ends_with_its_service_and_with_a_reset(served: Served) -> None:
    web(served)
    put(served)
    served.ecs.delete_service(service="web", force=True)
    minutes(served, 1)
    assert not one(served)["running"]
    assert "the service is gone" in served.lab.journal.read(kind="load.stopped")[-1].text
    served.api.handle("POST", "reset", {})
    assert served.api.handle("GET", "loads", {})["loads"] == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"service": "web"}, "either rps"),
        ({"service": "web", "rps": 4, "pattern": [[0, 1]]}, "either rps"),
        ({"service": "ghost", "rps": 4}, "no ACTIVE service 'ghost'. Services: web in default"),
        ({"service": "web", "rps": 4, "cost": "dear"}, "cost is a number"),
        ({"service": "web", "rps": 4, "cost": 99}, "vCPU-seconds"),
        ({"service": "web", "rps": 4, "minutes": 0}, "above 0"),
    ],
)
def test_what_is_no_load_is_refused(served: Served, request_: dict[str, Any], said: str) -> None:
    web(served)
    with pytest.raises(InvalidParameterException, match=said):
        served.api.handle("POST", "loads", request_)
    assert served.api.handle("GET", "loads", {})["loads"] == []


def test_two_services_of_one_name_are_told_apart_by_their_cluster(served: Served) -> None:
    web(served)
    served.ecs.create_cluster(clusterName="other")
    served.ecs.create_service(cluster="other", serviceName="web", taskDefinition="web", desiredCount=0)
    with pytest.raises(InvalidParameterException, match="in the clusters default, other"):
        put(served)
    assert put(served, cluster="other")["cluster"] == "other"
    arn = served.lab.backend.store.service("default", "web").service_arn
    assert put(served, service=arn)["cluster"] == "default"


def test_a_load_that_is_not_known_cannot_be_stopped_or_looked_at(served: Served) -> None:
    for method, route in (("POST", "loads/stop"), ("GET", "loads")):
        with pytest.raises(InvalidParameterException, match="no load 'load-9'"):
            served.api.handle(method, route, {"load": "load-9"})
