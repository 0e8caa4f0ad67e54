"""Express services as the API shows them: read from the service, its definitions, target groups and scalable target.

It changes nothing. Invariant: what was changed through another API than Express Mode's is shown as it is now.
Source: Amazon ECS API Reference, ECSExpressGatewayService and ECSManagedResources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws import balancing, ec2, rollback_alarm
from ecslab.aws import logs as logs_of_tasks
from ecslab.aws.autoscaling.registry import ScalableTarget, ScalingPolicy
from ecslab.aws.ecs.definitions import as_request
from ecslab.aws.ecs.express_reading import MAIN, METRICS, Scaling
from ecslab.model.arn import Place, last_part
from ecslab.model.express import Express, Front
from ecslab.model.service import Deployment, Service

View = dict[str, Any]
KINDS = {kind: metric for metric, kind in METRICS.items()}


def scaling_now(target: ScalableTarget | None, policies: tuple[ScalingPolicy, ...]) -> Scaling:
    """How a service scales now, as far as its policies are those that Express Mode sets."""
    if target is None:
        return Scaling()
    for policy in policies:
        given = policy.body.get("PredefinedMetricSpecification") or {}
        if given.get("PredefinedMetricType") in KINDS:
            metric = KINDS[given["PredefinedMetricType"]]
            return Scaling(least=target.least, most=target.most, metric=metric, target=policy.target)
    return Scaling(least=target.least, most=target.most)


def configuration(place: Place, express: Express, service: Service, work: Deployment, scaling: Scaling) -> View:
    """One service revision, as ``activeConfigurations`` has it; ``work`` is the deployment that runs it."""
    from ecslab.aws.install import backend

    vpc = (work.network_configuration or {}).get("awsvpcConfiguration") or {}
    cluster, name = service.cluster_name, service.service_name
    return {
        "serviceRevisionArn": place.service_revision(cluster, name, last_part(work.id)),
        **_of_definition(backend().describe_task_definition(work.task_definition)),
        "networkConfiguration": {key: list(vpc.get(key) or ()) for key in ("subnets", "securityGroups")},
        "healthCheckPath": path_of(place, work),
        "scalingTarget": {
            "minTaskCount": scaling.least,
            "maxTaskCount": scaling.most,
            "autoScalingMetric": scaling.metric,
            "autoScalingTargetValue": int(scaling.target),
        },
        "ingressPaths": [ingress(express)] if express.front is not None else [],
        "createdAt": work.created_at,
    }


def ingress(express: Express) -> View:
    """The entry point of an Express service."""
    access = express.front.access.value if express.front is not None else "PUBLIC"
    return {"accessType": access, "endpoint": express.route.url}


def path_of(place: Place, work: Deployment) -> str | None:
    """Where the load balancer checks the tasks of a deployment."""
    found = balancing.group(place, work.bindings[0].target_group) if work.bindings else None
    return str(found.health_check_path) if found is not None else None


def _of_definition(record: Any) -> View:
    given = as_request(record)
    return {
        "taskDefinitionArn": record.arn,
        **{key: given[key] for key in ("executionRoleArn", "taskRoleArn", "cpu", "memory") if given.get(key)},
        "cpuArchitecture": (given.get("runtimePlatform") or {}).get("cpuArchitecture"),
        "primaryContainer": _container(record.container_definitions),
    }


def _container(containers: list[Mapping[str, Any]]) -> View | None:
    main = next((c for c in containers if c["name"] == MAIN), None)
    if main is None:
        return None
    options = (main.get("logConfiguration") or {}).get("options") or {}
    logs = {"logGroup": options.get("awslogs-group"), "logStreamPrefix": options.get("awslogs-stream-prefix")}
    port = next((p.get("containerPort") for p in main.get("portMappings") or ()), None)
    plain = {key: main[key] for key in ("command", "environment", "secrets", "repositoryCredentials") if main.get(key)}
    return {
        "image": main["image"],
        "containerPort": port,
        **({"awsLogsConfiguration": logs} if options.get("awslogs-group") else {}),
        **plain,
    }


# what ECS manages for a revision


def managed(
    place: Place, express: Express, target: ScalableTarget | None, policies: tuple[ScalingPolicy, ...]
) -> View | None:
    """``ecsManagedResources`` of a service revision; None once they are gone."""
    front, now = express.front, express.updated_at
    if front is None:
        return None
    group = f"arn:aws:ec2:{place.region}:{place.account}:security-group/{express.service_group}"
    logs = f"arn:aws:logs:{place.region}:{place.account}:log-group:{express.log_group}"
    return {
        "ingressPaths": [{**ingress(express), **_ingress_resources(place, express, front, now)}],
        "autoScaling": _auto_scaling(target, policies, now),
        "metricAlarms": [_active(rollback_alarm.arn_of(place, express.alarm), now)],
        "serviceSecurityGroups": [_active(group, now)],
        "logGroups": [{**_active(logs, now), "logGroupName": express.log_group}]
        if logs_of_tasks.exists(place, express.log_group)
        else [],
    }


def _active(arn: str, now: float) -> View:
    return {"arn": arn, "status": "ACTIVE", "updatedAt": now}


def _ingress_resources(place: Place, express: Express, front: Front, now: float) -> View:
    balancer = balancing.backend_of(place).load_balancers.get(front.load_balancer)
    arn = f"arn:aws:ec2:{place.region}:{place.account}:security-group/{front.security_group}"
    return {
        "loadBalancer": {
            **_active(front.load_balancer, now),
            "scheme": balancer.scheme if balancer is not None else "",
            "subnetIds": [s.id for s in balancer.subnets] if balancer is not None else [],
            "securityGroupIds": list(balancer.security_groups) if balancer is not None else [],
        },
        "loadBalancerSecurityGroups": [_active(arn, now)] if ec2.security_group(place, front.security_group) else [],
        "listener": _active(front.listener, now),
        "rule": _active(express.route.rule, now),
        "targetGroups": [_group(place, group, now) for group in express.route.target_groups],
    }


def _group(place: Place, arn: str, now: float) -> View:
    found = balancing.group(place, arn)
    port = int(found.port) if found is not None else 0
    path = str(found.health_check_path) if found is not None else ""
    return {**_active(arn, now), "healthCheckPath": path, "healthCheckPort": port, "port": port}


def _auto_scaling(target: ScalableTarget | None, policies: tuple[ScalingPolicy, ...], now: float) -> View | None:
    if target is None:
        return None
    return {
        "scalableTarget": {**_active(target.arn, now), "minCapacity": target.least, "maxCapacity": target.most},
        "applicationAutoScalingPolicies": [
            {
                **_active(policy.arn, now),
                "policyType": policy.kind,
                "targetValue": policy.target,
                "metric": (policy.body.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", ""),
            }
            for policy in policies
        ],
    }
