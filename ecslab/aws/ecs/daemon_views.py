"""Daemons, their deployments and revisions as the API shows them: counted when they are read, and answered.

It changes nothing but through the verbs it calls. Source: Amazon ECS API Reference, DescribeDaemon,
DescribeDaemonDeployments, DescribeDaemonRevisions, ListDaemons, ListDaemonDeployments.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult

from ecslab.aws.ecs.base import Failure, Request, at_most, missing, page
from ecslab.aws.ecs.daemons import DaemonVerbs
from ecslab.model.arn import last_part
from ecslab.model.daemons import THRESHOLD, UNDER_WAY, Daemon, DaemonDeployment
from ecslab.model.instance import ContainerInstance

MOST = 20
"""ARNs that one Describe call may name."""
Json = dict[str, Any]


class DaemonViews(DaemonVerbs):
    """What is read of daemons."""

    def describe_daemon(self, request: Request) -> Json:
        """A daemon with the revisions that have tasks, or are to have some. DaemonNotFoundException."""
        daemon = self.find_daemon(request["daemonArn"])
        deployment = self.daemon_deployments[daemon.deployment_arn]
        having = [self.daemon_runs[i.arn][daemon.daemon_arn] for i in self._instances_with(daemon)]
        arns = dict.fromkeys([*filter(None, [deployment.wanted]), *having])
        return {
            **summary(daemon),
            "clusterArn": daemon.cluster_arn,
            "currentRevisions": [self._daemon_revision_detail(daemon, arn) for arn in arns],
            "deploymentArn": daemon.deployment_arn,
        }

    def _instances_with(self, daemon: Daemon) -> Iterator[ContainerInstance]:
        instances = self.store.instances(daemon.cluster)
        return (i for i in instances if daemon.daemon_arn in self.daemon_runs.get(i.arn, {}))

    def _daemon_revision_detail(self, daemon: Daemon, arn: str) -> Json:
        counted = []
        for name in self.daemon_revisions[arn].providers:
            running, without, _ = self._count_daemons(daemon, arn, name)
            counted.append({"arn": self._provider_arn_of(name), "runningCount": running, "withoutDaemonCount": without})
        return {
            "arn": arn,
            "capacityProviders": counted,
            "totalRunningCount": sum(c["runningCount"] for c in counted),
            "totalWithoutDaemonCount": sum(c["withoutDaemonCount"] for c in counted),
        }

    def _provider_arn_of(self, provider: str) -> str:
        return str(self.capacity_providers[provider].capacity_provider_arn)

    def _count_daemons(self, daemon: Daemon, revision: str, provider: str) -> tuple[int, int, int]:
        """Instances on which a revision runs, those without it, and those that are drained."""
        running = without = draining = 0
        for instance in self._instances_with(daemon):
            mine = self.daemon_runs[instance.arn][daemon.daemon_arn] == revision
            if not mine or instance.capacity_provider_name != provider:
                continue
            tasks = self.store.alive_on_instance(instance.arn)
            runs = any(t.daemon_name == daemon.name and t.last_status == "RUNNING" for t in tasks)
            running += runs
            without += not runs and instance.status == "ACTIVE"
            draining += instance.status == "DRAINING"
        return running, without, draining

    def list_daemons(self, request: Request) -> tuple[list[Json], str | None]:
        """Summaries of a cluster's daemons, of certain capacity providers where some are named."""
        cluster = self.active_cluster(request.get("clusterArn"))
        wanted = {last_part(arn) for arn in request.get("capacityProviderArns") or ()}
        found = []
        for daemon in self.daemons.values():
            revision = self.daemon_revisions.get(self.daemon_deployments[daemon.deployment_arn].wanted)
            providers = set(revision.providers) if revision is not None else set()
            if daemon.cluster == cluster and (not wanted or wanted & providers):
                found.append(summary(daemon))
        return page(found, request, 100)

    def describe_daemon_revisions(self, request: Request) -> tuple[list[Any], list[Failure]]:
        """Revisions by ARN; MISSING for those that are not there."""
        arns = request["daemonRevisionArns"]
        at_most(arns, MOST, "daemonRevisionArns")
        found = [self.daemon_revisions[arn] for arn in arns if arn in self.daemon_revisions]
        return found, [missing(arn) for arn in arns if arn not in self.daemon_revisions]

    def describe_daemon_deployments(self, request: Request) -> tuple[list[Json], list[Failure]]:
        """Deployments by ARN; MISSING for those that are not there."""
        arns = request["daemonDeploymentArns"]
        at_most(arns, MOST, "daemonDeploymentArns")
        known = [self.daemon_deployments[arn] for arn in arns if arn in self.daemon_deployments]
        return [self._deployment_detail(d) for d in known], [
            missing(a) for a in arns if a not in self.daemon_deployments
        ]

    def list_daemon_deployments(self, request: Request) -> tuple[list[Json], str | None]:
        """Deployments of a daemon, newest first, of certain statuses and times. DaemonNotFoundException."""
        daemon, status = self.find_daemon(request["daemonArn"]), request.get("status") or ()
        times = request.get("createdAt") or {}
        after, before = _seconds(times.get("after")), _seconds(times.get("before"))
        found = [
            _times(d)
            for d in reversed(self.daemon_deployments.values())
            if d.daemon_arn == daemon.daemon_arn
            and (not status or d.status.value in status)
            and (after is None or d.created_at > after)
            and (before is None or d.created_at < before)
        ]
        return page(found, request, 100)

    def _deployment_detail(self, deployment: DaemonDeployment) -> Json:
        under_way = deployment.status in UNDER_WAY
        watched = "MONITORING" if under_way else "MONITORING_COMPLETE"
        breaker = "TRIGGERED" if deployment.failures >= THRESHOLD else watched
        alarms = "TRIGGERED" if deployment.triggered else watched if deployment.alarms else "DISABLED"
        rollback = {
            "reason": deployment.status_reason,
            "startedAt": deployment.rolled_back_at,
            "rollbackTargetDaemonRevisionArn": deployment.rolled_back_to,
        }
        return {
            **_times(deployment),
            "targetDaemonRevision": self._deployed_at(deployment, deployment.target) if deployment.target else None,
            "sourceDaemonRevisions": [self._deployed_at(deployment, arn) for arn in deployment.sources],
            "circuitBreaker": {"failureCount": deployment.failures, "status": breaker, "threshold": THRESHOLD},
            "alarms": {
                "status": alarms,
                "alarmNames": list(deployment.alarms),
                "triggeredAlarmNames": list(deployment.triggered),
            },
            "rollback": rollback if deployment.rolled_back_to else None,
            "deploymentConfiguration": {"drainPercent": deployment.drain_percent, **deployment.configuration},
        }

    def _deployed_at(self, deployment: DaemonDeployment, arn: str) -> Json:
        daemon = self.daemons.get(deployment.daemon_arn)
        counted: list[Json] = []
        for name in self.daemon_revisions[arn].providers if daemon is not None else ():
            assert daemon is not None
            running, without, draining = self._count_daemons(daemon, arn, name)
            counted.append(
                {
                    "arn": self._provider_arn_of(name),
                    "runningInstanceCount": running,
                    "withoutDaemonInstanceCount": without,
                    "drainingInstanceCount": draining,
                }
            )
        totals = {
            f"total{part[0].upper()}{part[1:]}": sum(c[part] for c in counted)
            for part in ("runningInstanceCount", "withoutDaemonInstanceCount", "drainingInstanceCount")
        }
        return {"arn": arn, "capacityProviders": counted, **totals}


def summary(daemon: Daemon) -> Json:
    """A daemon as lists show it."""
    return {
        "daemonArn": daemon.daemon_arn,
        "status": daemon.status.value,
        "createdAt": daemon.created_at,
        "updatedAt": daemon.updated_at,
    }


def _times(deployment: DaemonDeployment) -> Json:
    return {
        "daemonDeploymentArn": deployment.daemon_deployment_arn,
        "daemonArn": deployment.daemon_arn,
        "clusterArn": deployment.cluster_arn,
        "status": deployment.status.value,
        "statusReason": deployment.status_reason,
        "targetDaemonRevisionArn": deployment.target or None,
        "createdAt": deployment.created_at,
        "startedAt": deployment.started_at,
        "stoppedAt": deployment.stopped_at,
        "finishedAt": deployment.finished_at,
    }


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    return value.timestamp() if isinstance(value, datetime) else float(value)


class DaemonAnswers:
    """The daemons' actions; mixed into ``EcsResponse``, which gives it the backend and the request."""

    @property
    def ecs_backend(self) -> Any:
        raise NotImplementedError

    @property
    def request(self) -> dict[str, Any]:
        raise NotImplementedError

    def register_daemon_task_definition(self) -> ActionResult:
        return ActionResult({"daemonTaskDefinitionArn": self.ecs_backend.register_daemon_definition(self.request).arn})

    def describe_daemon_task_definition(self) -> ActionResult:
        backend = self.ecs_backend
        found = backend.daemon_definition(self.request["daemonTaskDefinition"])
        return ActionResult({"daemonTaskDefinition": backend.shown_daemon_definition(found)})

    def list_daemon_task_definitions(self) -> ActionResult:
        found, token = self.ecs_backend.list_daemon_definitions(self.request)
        return ActionResult({"daemonTaskDefinitions": found, "nextToken": token})

    def delete_daemon_task_definition(self) -> ActionResult:
        return ActionResult({"daemonTaskDefinitionArn": self.ecs_backend.delete_daemon_definition(self.request).arn})

    def create_daemon(self) -> ActionResult:
        return self._changed_daemon(self.ecs_backend.create_daemon(self.request))

    def update_daemon(self) -> ActionResult:
        return self._changed_daemon(self.ecs_backend.update_daemon(self.request))

    def delete_daemon(self) -> ActionResult:
        return self._changed_daemon(self.ecs_backend.delete_daemon(self.request))

    def _changed_daemon(self, daemon: Daemon) -> ActionResult:
        return ActionResult({**summary(daemon), "deploymentArn": daemon.deployment_arn})

    def describe_daemon(self) -> ActionResult:
        return ActionResult({"daemon": self.ecs_backend.describe_daemon(self.request)})

    def list_daemons(self) -> ActionResult:
        found, token = self.ecs_backend.list_daemons(self.request)
        return ActionResult({"daemonSummariesList": found, "nextToken": token})

    def describe_daemon_deployments(self) -> ActionResult:
        found, failures = self.ecs_backend.describe_daemon_deployments(self.request)
        return ActionResult({"daemonDeployments": found, "failures": failures})

    def list_daemon_deployments(self) -> ActionResult:
        found, token = self.ecs_backend.list_daemon_deployments(self.request)
        return ActionResult({"daemonDeployments": found, "nextToken": token})

    def describe_daemon_revisions(self) -> ActionResult:
        found, failures = self.ecs_backend.describe_daemon_revisions(self.request)
        return ActionResult({"daemonRevisions": found, "failures": failures})
