"""The same scaling on runtimes where something really runs: real requests, measured CPU, on a clock forty times faster.

CPU is used and measured in real seconds, so a percentage must not depend on the speed of the lab's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecslab import Lab
from ecslab.aws import cloudwatch
from ecslab.client.transport import Transport
from tests.server.conftest import Served
from tests.server.test_scaling import COMMON, CPU

RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]
SPEED = 40
UNITS = 256
RPS, COST = 10, 0.02
"""A fifth of a vCPU: 80% of one task's 256 CPU units, 40% of two tasks'."""


@pytest.fixture(params=RUNTIMES)
def real(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    return serve(runtime=request.param, time=f"scaled:{SPEED}")


def utilization(real: Served) -> list[float]:
    """CPUUtilization of the service, each lab minute so far, without the minutes that have no datapoint."""
    now = real.lab.timeline.now() // 60 * 60
    metric = cloudwatch.key_of("AWS/ECS", "CPUUtilization", {"ClusterName": "default", "ServiceName": "web"})
    with real.lab.timeline.lock:
        values = cloudwatch.read(real.lab.backend.place, metric, "Average", 60, start=now - 7200, end=now)
    return [value for value in values if value is not None]


def desired(real: Served) -> int:
    return int(real.lab.backend.store.service("default", "web").desired_count)


def steady(lab: Lab, real: Served) -> float:
    """CPUUtilization over four lab minutes from now on; the one that is under way is left out."""
    seen = len(utilization(real))
    lab.time.until(lambda: len(utilization(real)) >= seen + 5, minutes=30)
    return sum(utilization(real)[-4:]) / 4


@pytest.mark.slow
@pytest.mark.alone
def test_a_real_load_scales_a_service_out_and_its_end_scales_it_in(real: Served, tmp_path: Path) -> None:
    lab = Lab(Transport(real.endpoint), real.api.status({}), tmp_path)
    real.register(cpu=str(UNITS))
    real.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=1)
    real.until(lambda: real.running("web") == 1, 60 * SPEED)
    scaling = real.client("application-autoscaling")

    with lab.load("web", rps=RPS, cost=COST) as load:
        assert steady(lab, real) == pytest.approx(80, abs=15)
        scaling.register_scalable_target(**COMMON, MinCapacity=1, MaxCapacity=3)
        policy = {"TargetValue": 50, **CPU}
        scaling.put_scaling_policy(
            **COMMON,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=policy,
        )
        lab.time.until(lambda: real.running("web") == 2, minutes=30)
        assert steady(lab, real) == pytest.approx(40, abs=10)
        assert desired(real) == 2
        assert load.requests > 10
        assert load.failures <= load.requests / 20

    assert not load.running
    lab.time.until(lambda: desired(real) == 1, minutes=40)
    causes = [a["Cause"] for a in scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]]
    assert ["AlarmLow" in cause for cause in causes] == [True, False]
    chart = lab.chart("web")
    assert [row[1] for row in chart.data["counts"]["desired"]][-3:] == [1, 2, 1]
    assert "policy cpu" in repr(chart)
