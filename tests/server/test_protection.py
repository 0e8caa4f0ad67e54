"""Claims about task scale-in protection, on a served simulated lab: for a time, and only against scaling in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served


def web(served: Served, count: int = 3) -> list[str]:
    served.ecs.create_service(serviceName="web", taskDefinition=served.register(), desiredCount=count)
    served.until(lambda: served.running("web") == count)
    return [task.task_arn for task in served.tasks("web")]


def protect(served: Served, *arns: str, enabled: bool = True, **more: Any) -> dict[str, Any]:
    return dict(
        served.ecs.update_task_protection(cluster="default", tasks=list(arns), protectionEnabled=enabled, **more)
    )


def test_scaling_in_leaves_protected_tasks_alone_until_their_time_is_over(served: Served) -> None:
    arns = web(served)
    answer = protect(served, arns[0], arns[1], expiresInMinutes=10)
    assert [t["protectionEnabled"] for t in answer["protectedTasks"]] == [True, True]
    served.ecs.update_service(service="web", desiredCount=1)
    served.until(lambda: len(served.tasks("web")) == 2)
    served.lab.timeline.advance(120)
    assert {task.task_arn for task in served.tasks("web")} == {arns[0], arns[1]}
    said = served.ecs.describe_services(services=["web"])["services"][0]["events"][0]["message"]
    assert "The number of protected tasks are more than the desired count of tasks" in said
    served.lab.timeline.advance(600)
    assert len(served.tasks("web")) == 1
    assert served.ecs.get_task_protection(cluster="default")["protectedTasks"][0]["protectionEnabled"] is False


def test_a_deployment_waits_for_a_protected_task_and_goes_on_when_it_is_released(served: Served) -> None:
    arns = web(served)
    protect(served, arns[0])
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    served.lab.timeline.advance(400)
    kept = [task for task in served.tasks("web") if task.task_arn in arns]
    assert [task.task_arn for task in kept] == [arns[0]]
    protect(served, arns[0], enabled=False)
    served.until(lambda: arns[0] not in {task.task_arn for task in served.tasks("web")}, limit=120)
    shown = served.ecs.describe_services(services=["web"])["services"][0]
    served.until(lambda: len(served.ecs.describe_services(services=["web"])["services"][0]["deployments"]) == 1)
    assert shown["desiredCount"] == 3


def test_stop_task_stops_it_all_the_same(served: Served) -> None:
    arns = web(served)
    protect(served, arns[0])
    served.ecs.stop_task(task=arns[0])
    served.until(lambda: arns[0] not in {task.task_arn for task in served.tasks("web")})


def test_only_tasks_of_services_can_be_protected(served: Served) -> None:
    arns = web(served, 1)
    alone = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    answer = protect(served, arns[0], alone, "0" * 32)
    assert len(answer["protectedTasks"]) == 1
    assert [f["reason"] for f in answer["failures"]] == ["TASK_NOT_VALID", "MISSING"]
    shown = answer["protectedTasks"][0]["expirationDate"].timestamp() - served.lab.timeline.now()
    assert shown == pytest.approx(7200, abs=3)


@pytest.mark.parametrize("minutes", [0, 2881])
def test_its_time_has_bounds(served: Served, minutes: int) -> None:
    arns = web(served, 1)
    with pytest.raises(ClientError, match="between 1 and 2880") as caught:
        protect(served, arns[0], expiresInMinutes=minutes)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
