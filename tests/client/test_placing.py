"""Claims about the drawn placement: zones, what is reserved, who is where, and why; text says the same."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab import Lab
from ecslab.client.placing import draw, sketch


def instance(number: int, zone: str, **more: Any) -> dict[str, Any]:
    return {
        "ec2InstanceId": f"i-{number}",
        "instanceType": "m5.large",
        "availabilityZone": zone,
        "status": "ACTIVE",
        "agentConnected": True,
        "cpu": {"registered": 2048, "remaining": 2048},
        "memory": {"registered": 7985, "remaining": 6961},
        **more,
    }


def task(where: str | None, group: str = "service:web", **more: Any) -> dict[str, Any]:
    return {"instance": where, "group": group, "lastStatus": "RUNNING", "launchType": "EC2", **more}


STATE = {
    "now": 0.0,
    "clusters": [
        {
            "name": "default",
            "arn": "arn:default",
            "instances": [instance(1, "us-east-1a"), instance(2, "us-east-1b", status="DRAINING")],
            "tasks": [
                task("i-1"),
                task("i-1"),
                task("i-2", "family:job", lastStatus="STOPPED"),
                task(None),
                task(None, launchType="FARGATE", capacityProvider="FARGATE_SPOT"),
            ],
            "decisions": [
                {
                    "text": "task 1 was placed on i-1",
                    "rows": [
                        {"instance": "i-1", "verdict": "chosen", "reason": ""},
                        {"instance": "i-2", "verdict": "INACTIVE", "reason": "the instance is DRAINING"},
                    ],
                }
            ],
        }
    ],
}
SAYS = ["us-east-1a", "us-east-1b", "2 service:web", "DRAINING", "no tasks", "6961", "1 on FARGATE_SPOT",
        "1 waiting for capacity", "placed on i-1", "the instance is DRAINING"]  # fmt: skip


@pytest.mark.parametrize("said", SAYS)
def test_the_drawing_and_the_text_say_what_is_where_and_why(said: str) -> None:
    assert (said if said != "6961" else "1024 of 7985 MiB") in draw(STATE)
    assert said in sketch(STATE)
    assert "family:job" not in sketch(STATE)


def test_a_real_lab_can_be_shown(web: Lab) -> None:
    view = web.show("default", view="placement")
    assert "service:web" in repr(view)
    assert "chosen" in view.html()
