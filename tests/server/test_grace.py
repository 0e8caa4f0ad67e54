"""The grace period of health checks: an unhealthy task is left alone until it is over; then another is started."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import Served

SICK = {
    "healthCheck": {"command": ["CMD", "app", "health"], "interval": 5, "timeout": 2, "retries": 1},
    "dockerLabels": {"sim.health": "unhealthy"},
}


def start(served: Served, **more: Any) -> str:
    served.register(container=SICK)
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=1, **more)
    served.until(lambda: served.running("web") == 1)
    first = str(served.tasks("web")[0].task_arn)
    served.until(lambda: served.task(first).health_status == "UNHEALTHY", limit=30)
    return first


def test_an_unhealthy_task_is_spared_until_its_grace_is_over(served: Served) -> None:
    first = start(served, healthCheckGracePeriodSeconds=100)
    began = served.task(first).started_at
    served.lab.timeline.advance(60)
    assert [t.task_arn for t in served.tasks("web")] == [first]
    shown = served.ecs.describe_tasks(tasks=[first])["tasks"][0]
    assert shown["healthStatus"] == "UNHEALTHY", "the API shows the health there is"
    served.until(lambda: len(served.tasks("web")) == 2, limit=60)
    assert served.lab.timeline.now() - began == pytest.approx(100, abs=10)


def test_without_a_grace_it_is_replaced_at_once(served: Served) -> None:
    first = start(served)
    served.until(lambda: served.task(first).desired_status == "STOPPED", limit=20)
