"""Claims about the timeline of a deployment, over HTTP on a served simulated lab and as it is drawn."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.client.rollout import Rollout
from ecslab.errors import InvalidParameterException
from tests.server.conftest import Served


def web(served: Served, **configuration: Any) -> None:
    served.ecs.create_service(
        serviceName="web", taskDefinition=served.register(), desiredCount=3, deploymentConfiguration=configuration
    )
    served.until(lambda: timeline(served)["status"] == "SUCCESSFUL", limit=300)


def timeline(served: Served) -> dict[str, Any]:
    return served.api.handle("GET", "rollout", {"service": "web"})


def deploy(served: Served) -> dict[str, Any]:
    served.lab.timeline.advance(100)
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    served.until(lambda: timeline(served)["status"] == "IN_PROGRESS", limit=60)
    served.until(lambda: timeline(served)["status"] != "IN_PROGRESS", limit=1800)
    return timeline(served)


def test_a_rolling_update_is_shown_within_its_bounds(served: Served) -> None:
    web(served, minimumHealthyPercent=100, maximumPercent=150)
    said = deploy(served)
    assert (said["least"], said["most"], said["status"], said["strategy"]) == (3, 4, "SUCCESSFUL", "ROLLING")
    old, new = said["deployments"]
    assert (old["definition"], old["newest"], old["steps"][-1][1]) == ("web:1", False, 0)
    assert (new["definition"], new["newest"], new["steps"][-1][1]) == ("web:2", True, 3)
    changes = sorted((at, d["id"], n) for d in (old, new) for at, n in d["steps"])
    counts: dict[str, float] = {old["id"]: 3}
    for _, known, number in changes:
        counts[known] = number
        assert sum(counts.values()) <= 4
    assert any("has reached a steady state" in event["message"] for event in said["events"])


def test_blue_green_is_shown_with_its_stages_and_its_traffic(served: Served) -> None:
    web(served, strategy="BLUE_GREEN", bakeTimeInMinutes=2)
    said = deploy(served)
    stages = [row["stage"] for row in said["stages"]]
    assert stages[-3:] == ["POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]
    assert all(row["start"] <= row["end"] for row in said["stages"])
    green = said["deployments"][-1]["id"]
    assert said["traffic"][-1]["production"][green] == 100


def test_the_drawing_and_the_text_say_the_same(served: Served) -> None:
    web(served, strategy="BLUE_GREEN", bakeTimeInMinutes=2)
    shown = Rollout(deploy(served))
    drawn, told = shown._repr_html_(), repr(shown)
    for said in ("web:1", "web:2 (newest)", "BLUE_GREEN", "has reached a steady state"):
        assert said in drawn
        assert said in told
    assert "bake time" in drawn
    assert "BAKE_TIME" in told
    assert "web:2 100 %" in told


def test_a_service_that_is_not_there_is_named(served: Served) -> None:
    with pytest.raises(InvalidParameterException, match="no ACTIVE service 'web'"):
        timeline(served)
