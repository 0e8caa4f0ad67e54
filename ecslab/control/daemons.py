"""The daemons' loop: one task on every instance of their capacity providers, and deployments that replace instances.

Level-triggered. What to start and drain is ``scheduler.daemons``'s to say; draining and terminating is
``control.managed_instances``'s. Invariants: an instance with a critical daemon is REGISTERING, so that no other task is
placed on it, until the daemons' tasks run; instances are launched for other tasks only, never for a daemon.
Sources: Amazon ECS Developer Guide, "Amazon ECS Managed Daemons", "Daemon deployments", "Daemon auto repair".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.ecs.task_tags import managed_tags, merged_tags
from ecslab.control.managed_instances import ManagedInstances
from ecslab.model.arn import last_part
from ecslab.model.daemons import (
    THRESHOLD,
    UNDER_WAY,
    Daemon,
    DaemonDeployment,
    DaemonRevision,
    DaemonStatus,
    DeploymentState,
)
from ecslab.model.instance import ContainerInstance
from ecslab.model.status import ContainerInstanceStatus, HealthStatus, LaunchType, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.daemons import Host, Wanted, steps
from ecslab.timeline import Handle

ROUND = 60.0
"""Lab seconds between two looks at everything."""


class Daemons:
    """The loop over the daemons of one lab."""

    def __init__(self, backend: Any, managed: ManagedInstances) -> None:
        self._backend = backend
        self._managed = managed
        self._timeline = backend.context.timeline
        self._looking: Handle | None = None
        self._round: Handle | None = None
        self._baking: Handle | None = None
        self._failed: set[str] = set()
        """Daemon tasks whose failure has been counted, by ARN."""

    def start(self) -> None:
        """Begin to listen and to make rounds."""
        self._backend.store.listeners.append(self._heard)
        self._backend.daemons_changed = self._look_soon
        self._make_round()

    def stop(self) -> None:
        """Listen and look no more."""
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)
        for handle in (self._looking, self._round, self._baking):
            if handle is not None:
                handle.cancel()

    def _make_round(self) -> None:
        self._round = self._timeline.call_later(ROUND, self._make_round)
        self._look_soon()

    def _look_soon(self) -> None:
        if self._looking is None and self._backend.daemons:
            self._looking = self._timeline.call_soon(self._look)

    def _heard(self, before: Any, after: Any) -> None:
        if isinstance(after, ContainerInstance) and after.managed:
            if before is None and any(r.critical for _, r in self._daemons_of(after)):
                why = "the daemons of its capacity provider are started first"
                self._backend.set_instance_status(after, ContainerInstanceStatus.REGISTERING, why)
            self._look_soon()
        elif isinstance(after, Task) and after.daemon_name:
            self._look_soon()

    def _daemons_of(self, instance: ContainerInstance) -> list[tuple[Daemon, DaemonRevision]]:
        return list(self._backend.daemons_of(instance.capacity_provider_name))

    def _look(self) -> None:
        self._looking = None
        store = self._backend.store
        runs = self._backend.daemon_runs
        for arn in [a for a in runs if (i := store.instance(a)) is None or i.status == "INACTIVE"]:
            runs.pop(arn)
        for daemon in list(self._backend.daemons.values()):
            self._look_at(daemon)
        self._open()

    def _look_at(self, daemon: Daemon) -> None:
        deployment = self._watched(self._backend.daemon_deployments[daemon.deployment_arn])
        revision = self._backend.daemon_revisions.get(deployment.wanted)
        wanted = Wanted(
            revision=deployment.wanted,
            since=deployment.since,
            drain_percent=deployment.drain_percent,
            critical=revision is not None and revision.critical,
        )
        instances = {i.arn: i for i in self._backend.store.instances(daemon.cluster) if i.managed}
        hosts = [self._host(daemon, revision, instance) for instance in instances.values()]
        todo = steps([h for h in hosts if h.provided or h.revision], wanted)
        for arn in todo.start:
            self._run(daemon, revision, instances[arn])
        for arn in todo.repair:
            self._managed.drain(instances[arn], f"the task of its daemon {daemon.name} has failed")
        for arn in (*todo.replace, *todo.empty):
            change = (
                f"{last_part(deployment.wanted)} of daemon {daemon.name}" if revision else f"no daemon {daemon.name}"
            )
            self._managed.drain(instances[arn], f"it is replaced by an instance with {change}")
        self._advance(daemon, deployment, settled=todo.settled)

    def _host(self, daemon: Daemon, revision: DaemonRevision | None, instance: ContainerInstance) -> Host:
        task = self._task(daemon, instance)
        return Host(
            arn=instance.arn,
            revision=self._backend.daemon_runs.get(instance.arn, {}).get(daemon.daemon_arn, ""),
            registered_at=instance.registered_at,
            draining=instance.status is ContainerInstanceStatus.DRAINING,
            ready=instance.status is ContainerInstanceStatus.ACTIVE,
            alive=task is not None and task.desired_status == "RUNNING",
            running=task is not None and _runs(task, self._backend),
            sick=task is not None and task.health_status is HealthStatus.UNHEALTHY,
            provided=revision is not None and instance.capacity_provider_name in revision.providers,
        )

    def _task(self, daemon: Daemon, instance: ContainerInstance) -> Task | None:
        alive = self._backend.store.alive_on_instance(instance.arn)
        return next((task for task in alive if task.daemon_name == daemon.name), None)

    def _run(self, daemon: Daemon, revision: DaemonRevision, instance: ContainerInstance) -> None:
        backend = self._backend
        own = daemon.tags if revision.propagate_tags == "DAEMON" else ()
        managed = managed_tags(daemon.cluster) if revision.enable_ecs_managed_tags else ()
        backend.daemon_runs.setdefault(instance.arn, {})[daemon.daemon_arn] = revision.daemon_revision_arn
        backend.add_task(
            backend.store.definitions[revision.daemon_task_definition_arn],
            instance.arn,
            cluster=daemon.cluster,
            launch_type=LaunchType.MANAGED_INSTANCES,
            capacity_provider_name=instance.capacity_provider_name,
            group=f"daemon:{daemon.name}",
            started_by=daemon.deployment_arn.rsplit("/", 1)[-1],
            daemon_name=daemon.name,
            deployment_id=revision.daemon_revision_arn,
            enable_execute_command=revision.enable_execute_command,
            tags=merged_tags(own, managed),
        )

    def _open(self) -> None:
        """Let tasks on to the instances whose critical daemons all run."""
        for instance in self._backend.store.instances():
            if not instance.managed or instance.status is not ContainerInstanceStatus.REGISTERING:
                continue
            critical = [daemon for daemon, revision in self._daemons_of(instance) if revision.critical]
            tasks = [self._task(daemon, instance) for daemon in critical]
            if all(task is not None and _runs(task, self._backend) for task in tasks):
                why = "its daemons run"
                self._backend.set_instance_status(instance, ContainerInstanceStatus.ACTIVE, why)

    # deployments

    def _watched(self, deployment: DaemonDeployment) -> DaemonDeployment:
        """The deployment with its failures counted, rolled back where it has failed."""
        if deployment.status not in UNDER_WAY or not deployment.target or deployment.rolled_back_to:
            return deployment
        failed = [t for t in self._backend.store.all_tasks() if self._has_failed(t, deployment)]
        self._failed |= {task.task_arn for task in failed}
        deployment = replace(deployment, failures=deployment.failures + len(failed))
        ringing = cloudwatch.in_alarm(self._backend.place, deployment.alarms) if deployment.alarms else frozenset()
        reason = ""
        if ringing:
            reason = f"The alarms {', '.join(sorted(ringing))} are in ALARM."
        elif deployment.failures >= THRESHOLD:
            reason = "The deployment circuit breaker was triggered: daemon tasks failed to start or stopped."
        if reason:
            deployment = self._rolled_back(replace(deployment, triggered=tuple(sorted(ringing))), reason)
        if failed or reason:
            self._backend.keep_daemon_deployment(deployment)
        return deployment

    def _has_failed(self, task: Task, deployment: DaemonDeployment) -> bool:
        return (
            task.daemon_name is not None
            and task.deployment_id == deployment.target
            and task.task_arn not in self._failed
            and task.created_at >= deployment.created_at
            and (task.last_status is TaskStatus.STOPPED or task.health_status is HealthStatus.UNHEALTHY)
            and task.stop_code not in ("UserInitiated", "TerminationNotice")
        )

    def _rolled_back(self, deployment: DaemonDeployment, reason: str) -> DaemonDeployment:
        now = self._timeline.now()
        if not deployment.sources:
            reason += " There is no revision to roll back to."
            return replace(
                deployment, status=DeploymentState.STOPPED, status_reason=reason, stopped_at=now, finished_at=now
            )
        return replace(
            deployment,
            status=DeploymentState.ROLLBACK_IN_PROGRESS,
            status_reason=reason,
            rolled_back_to=deployment.sources[0],
            rolled_back_at=now,
            since=now,
            done_at=None,
        )

    def _advance(self, daemon: Daemon, deployment: DaemonDeployment, *, settled: bool) -> None:
        now = self._timeline.now()
        if deployment.status not in UNDER_WAY:
            return
        if deployment.status is DeploymentState.PENDING:
            deployment = replace(deployment, status=DeploymentState.IN_PROGRESS, started_at=now)
            self._backend.keep_daemon_deployment(deployment)
        if not settled:
            if deployment.done_at is not None:
                self._backend.keep_daemon_deployment(replace(deployment, done_at=None))
            return
        since = now if deployment.done_at is None else deployment.done_at
        baked = since + (0.0 if deployment.rolled_back_to else deployment.bake_seconds)
        if now < baked:
            self._backend.keep_daemon_deployment(replace(deployment, done_at=since))
            self._bake(baked)
            return
        rolled = deployment.rolled_back_to
        status = DeploymentState.ROLLBACK_SUCCESSFUL if rolled else DeploymentState.SUCCESSFUL
        self._backend.keep_daemon_deployment(replace(deployment, status=status, finished_at=now, done_at=since))
        if daemon.status is DaemonStatus.DELETE_IN_PROGRESS:
            self._backend.daemons.pop(daemon.daemon_arn)
            self._backend.note("daemon.gone", daemon.daemon_arn, f"daemon {daemon.name} is deleted")

    def _bake(self, until: float) -> None:
        if self._baking is not None:
            self._baking.cancel()
        self._baking = self._timeline.call_at(until, self._look_soon)


def _runs(task: Task, backend: Any) -> bool:
    """Whether a daemon's task runs and, where its containers have health checks, is healthy."""
    if task.last_status is not TaskStatus.RUNNING or task.desired_status != "RUNNING":
        return False
    checked = any(
        c.health_check and c.essential for c in backend.store.definitions[task.task_definition_arn].containers
    )
    return task.health_status is HealthStatus.HEALTHY if checked else True
