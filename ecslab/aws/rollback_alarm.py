"""The alarm with which ECS watches a deployment of an Express service: the share of requests that end in an error.

It is metric math, which this lab shows and does not compute: the alarm stays INSUFFICIENT_DATA until somebody sets its
state (``aws cloudwatch set-alarm-state``), which then rolls a deployment back as on AWS.
Source: Amazon ECS Developer Guide, "Updating an Amazon ECS Express Mode service" (more than 1 percent of 4xx and 5xx in
2 of 3 minutes); the alarm's name is the one seen on AWS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.model.arn import Place

NAMESPACE = "AWS/ApplicationELB"
COUNTED = ("HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "RequestCount")


def name_of(cluster: str, service: str) -> str:
    """The alarm's name."""
    return f"{cluster}/{service}/RollbackAlarm"


def put(place: Place, name: str, load_balancer: str, groups: Sequence[str]) -> str:
    """Make the alarm over the target groups of a service; its ARN."""
    queries, sums = [], []
    for number, metric in enumerate(COUNTED):
        ids = [f"m{number}{letter}" for letter in "abcdefgh"[: len(groups)]]
        queries += [_counted(i, metric, load_balancer, g) for i, g in zip(ids, groups, strict=True)]
        sums.append("+".join(f"FILL({i},0)" for i in ids))
    share = f"100*({sums[0]}+{sums[1]})/({sums[2]})"
    alarm = cloudwatch.backend(place).keep_alarm(
        name=name,
        namespace=None,
        metric_name=None,
        metric_data_queries=[*queries, _query("e1", label="Error rate", expression=share, shown=True)],
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=3,
        datapoints_to_alarm=2,
        period=None,
        threshold=1.0,
        statistic=None,
        description="Managed by Amazon ECS: rolls back a deployment of an Express service.",
        dimensions=[],
        alarm_actions=[],
        treat_missing_data="notBreaching",
    )
    return str(alarm.alarm_arn)


def arn_of(place: Place, name: str) -> str:
    """The alarm's ARN."""
    return f"arn:aws:cloudwatch:{place.region}:{place.account}:alarm:{name}"


def remove(place: Place, name: str) -> None:
    """Forget the alarm, if it is still there."""
    cloudwatch.backend(place).delete_alarms([name])


def _counted(query_id: str, metric: str, load_balancer: str, group: str) -> Any:
    from moto.cloudwatch.models import Dimension, Metric, MetricStat

    where = [
        Dimension("LoadBalancer", load_balancer.split(":loadbalancer/")[-1]),
        Dimension("TargetGroup", group.split(":")[-1]),
    ]
    stat = MetricStat(metric=Metric(metric, NAMESPACE, where), period="60", stat="Sum", unit="Count")
    return _query(query_id, label=metric, stat=stat)


def _query(query_id: str, *, label: str, expression: str | None = None, stat: Any = None, shown: bool = False) -> Any:
    from moto.cloudwatch.models import MetricDataQuery

    return MetricDataQuery(query_id, label, "60", shown, expression, stat)
