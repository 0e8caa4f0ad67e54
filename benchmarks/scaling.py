"""A day of many scaled services on virtual time (aim: a lab hour of 100 services in 5 s); metrics against moto's own.

    python benchmarks/scaling.py [--services N] [--hours N] [--times N]

Simulated services of two to twelve tasks, each with a target tracking policy and a load that rises and falls twice a
day, at an hour of its own. Every lab minute has their metrics published, their alarms judged and their policies asked.
Then the same PutMetricData and GetMetricStatistics, in turns, to a lab and to moto's server, each with the same metrics
stored before.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import urllib.request
from typing import Any

from api import moto
from measure import client, lab, medians, seconds, table

TYPE = "m5.4xlarge"
SERVICES_PER_INSTANCE = 4
HOUR = 3600.0
AIM = 5.0
UNITS = 256
COST = 0.05
STORED = 20
"""Lab minutes of metrics that are stored before anything is measured."""


def post(endpoint: str, route: str, **body: Any) -> Any:
    """One call of the lab's own API."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{endpoint}/_ecslab/{route}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=1200) as answer:
        return json.load(answer)


def get(endpoint: str, route: str) -> Any:
    """One question to the lab's own API."""
    with urllib.request.urlopen(f"{endpoint}/_ecslab/{route}", timeout=1200) as answer:
        return json.load(answer)


def prepare(endpoint: str, services: int, hours: int) -> None:
    """Services with policies and loads."""
    ecs, scaling = client("ecs", endpoint), client("application-autoscaling", endpoint)
    count = 1 + services // SERVICES_PER_INSTANCE
    post(endpoint, "instances", cluster="default", count=min(100, count), instance_type=TYPE)
    container = {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(family="web", cpu=str(UNITS), containerDefinitions=[container])
    cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    for number in range(services):
        name = f"web-{number}"
        ecs.create_service(serviceName=name, taskDefinition="web", desiredCount=2)
        target = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/default/{name}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=12)
        scaling.put_scaling_policy(
            **target,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 60, **cpu},
        )
        post(endpoint, "loads", service=name, cost=COST, pattern=wave(number, services, hours))


def wave(number: int, services: int, hours: int) -> list[tuple[float, float]]:
    """A load with two peaks a day, the services' one after another: (minute, requests a second) each half hour."""
    shift = number / services
    halves = range(2 * hours + 2)
    return [(30.0 * half, round(18 - 16 * math.cos(2 * math.pi * (half / 24 + shift)), 2)) for half in halves]


def day(services: int, hours: int) -> None:
    """Let the hours pass and print what each took."""
    with lab("simulated", "virtual") as endpoint:
        made = seconds(lambda: prepare(endpoint, services, hours))
        post(endpoint, "time", advance=300)
        took = [seconds(lambda: post(endpoint, "time", advance=HOUR)) for _ in range(hours)]
        entries = get(endpoint, "journal")["entries"]
        changes = sum(entry["kind"] == "scaling.activity" for entry in entries)
        alarms = sum(entry["kind"] == "alarm.state" for entry in entries)
        chart = seconds(lambda: get(endpoint, "scaling?service=web-0&minutes=1440"))
    middle = statistics.median(took)
    print(f"\n{services} services with target tracking, {hours} lab hours (made in {made:.1f} s)\n{'':34} {'':>14}")
    print(f"{'a lab hour, median (worst)':34} {middle:11.2f} s  ({max(took):.2f} s), of the aim {middle / AIM:.2f}")
    print(f"{'all of it':34} {sum(took):11.2f} s, {hours * HOUR / sum(took):,.0f} times as fast as life")
    print(f"{'entries of the journal':34} {entries[-1]['number']:11,} ({entries[-1]['number'] / hours:,.0f} an hour)")
    print(f"{'scaling activities, alarm changes':34} {changes:11,} and {alarms:,}")
    print(f"{'the data of a chart of a day':34} {chart * 1000:11.1f} ms")


def datum(name: str, number: int) -> dict[str, Any]:
    """A minute's datapoint of one service."""
    return {
        "MetricName": name,
        "Dimensions": [{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": f"web-{number}"}],
        "StatisticValues": {"Minimum": 20.0, "Maximum": 70.0, "Sum": 100.0, "SampleCount": 2.0},
        "Unit": "Percent",
    }


class Metrics:
    """The requests that a program would send for what the lab does each minute."""

    def __init__(self, endpoint: str, services: int) -> None:
        self._cloudwatch = client("cloudwatch", endpoint)
        self._services = services
        self._turn = 0
        for _ in range(STORED):
            for number in range(services):
                self._put(number)

    def _put(self, number: int) -> None:
        data = [datum(name, number) for name in ("CPUUtilization", "MemoryUtilization")]
        self._cloudwatch.put_metric_data(Namespace="Bench", MetricData=data)

    def put(self) -> None:
        """One service's two metrics of one minute."""
        self._turn += 1
        self._put(self._turn % self._services)

    def read(self) -> None:
        """What an alarm looks at."""
        from datetime import UTC, datetime, timedelta

        self._turn += 1
        now = datetime.now(UTC)
        self._cloudwatch.get_metric_statistics(
            Namespace="Bench",
            MetricName="CPUUtilization",
            Dimensions=datum("", self._turn % self._services)["Dimensions"],
            StartTime=now - timedelta(minutes=5),
            EndTime=now,
            Period=60,
            Statistics=["Average"],
        )


def against_moto(services: int, times: int) -> None:
    """The same requests to both, in turns."""
    with lab("simulated") as ours, moto() as theirs:
        mine, other = Metrics(ours, services), Metrics(theirs, services)
        rows = [
            ("PutMetricData, 2 metrics", *medians(mine.put, other.put, times)),
            ("GetMetricStatistics", *medians(mine.read, other.read, times)),
        ]
    stored = services * STORED * 2
    table(f"CloudWatch with {stored:,} datapoints stored, median of {times}", rows, "lab", "moto's server")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--services", type=int, default=100)
    arguments.add_argument("--hours", type=int, default=24)
    arguments.add_argument("--times", type=int, default=60)
    options = arguments.parse_args()
    day(options.services, options.hours)
    against_moto(options.services, options.times)


if __name__ == "__main__":
    main()
