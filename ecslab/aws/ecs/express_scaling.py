"""The scalable target and the target tracking policy of an Express service, in the lab's Application Auto Scaling.

It scales nothing (``control.scaling`` does). Invariant: an Express service has one policy of Express Mode's, and it
follows the metric last asked for. Source: Amazon ECS API Reference, ExpressGatewayScalingTarget.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws.autoscaling import registry, responses
from ecslab.aws.ecs.express_reading import METRICS, Scaling
from ecslab.model.arn import Place
from ecslab.model.express import Express
from ecslab.model.service import Service

Found = tuple[registry.ScalableTarget | None, tuple[registry.ScalingPolicy, ...]]


def now(place: Place, service: Service) -> Found:
    """The target and its policies, as they are."""
    known = responses.of_lab(place)
    resource = _resource(service)
    if known is None:
        return None, ()
    return known[1].targets.get(resource), known[1].policies_of(resource)


def put(place: Place, express: Express, service: Service, scaling: Scaling) -> None:
    """Register the target, and set its policy."""
    known = responses.of_lab(place)
    if known is None or express.front is None:
        return
    common = {
        "ServiceNamespace": "ecs",
        "ResourceId": _resource(service),
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    known[0].register({**common, "MinCapacity": scaling.least, "MaxCapacity": scaling.most})
    metric: dict[str, Any] = {"PredefinedMetricType": METRICS[scaling.metric]}
    if scaling.metric == "REQUEST_COUNT_PER_TARGET":
        group = service.primary.bindings[0].target_group
        label = f"{express.front.load_balancer.split(':loadbalancer/')[-1]}/{group.split(':')[-1]}"
        metric["ResourceLabel"] = label
    body = {"TargetValue": float(scaling.target), "PredefinedMetricSpecification": metric}
    known[0].put_policy(
        {
            **common,
            "PolicyName": f"{service.service_name}-scaling",
            "PolicyType": registry.TARGET_TRACKING,
            "TargetTrackingScalingPolicyConfiguration": body,
        }
    )


def remove(place: Place, service: Service) -> None:
    """Deregister the target, if it is still there, with its policies and their alarms."""
    known = responses.of_lab(place)
    if known is not None and _resource(service) in known[1].targets:
        known[0].deregister({"ResourceId": _resource(service)})


def _resource(service: Service) -> str:
    return f"service/{service.cluster_name}/{service.service_name}"
