"""Daemons of Amazon ECS Managed Instances: created, changed, deleted and described. It starts no task.

Each change writes a revision and a deployment down; ``control.daemons`` carries them out. Invariants: a daemon has at
most one deployment under way, and a revision is never changed. Sources: Amazon ECS API Reference, CreateDaemon,
UpdateDaemon, DeleteDaemon; Developer Guide, "Amazon ECS Managed Daemons", "Daemon deployments".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.base import Request, at_most
from ecslab.aws.ecs.daemon_definitions import NAME, DaemonDefinitionVerbs
from ecslab.aws.ecs.roles import check_roles
from ecslab.errors import ApiError, InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.capacity import CapacityProvider
from ecslab.model.daemons import UNDER_WAY, Daemon, DaemonDeployment, DaemonRevision, DaemonStatus, DeploymentState
from ecslab.model.task import Task
from ecslab.scheduler.placement import Demand

MOST_PROVIDERS = 20
MOST_BAKE = 1440


class DaemonNotFoundException(ApiError):
    """There is no such daemon."""


class DaemonNotActiveException(ApiError):
    """The daemon is being deleted."""


class DaemonVerbs(DaemonDefinitionVerbs):
    """The verbs about daemons, and what the control plane asks of them."""

    capacity_providers: dict[str, Any]
    daemons: dict[str, Daemon]
    daemon_revisions: dict[str, DaemonRevision]
    daemon_deployments: dict[str, DaemonDeployment]
    daemon_runs: dict[str, dict[str, str]]
    """By instance (ARN), the revision with which each daemon (ARN) was started there."""

    def create_daemon(self, request: Request) -> Daemon:
        """Write down a daemon with its first deployment. InvalidParameterException, ClientException."""
        name, cluster = request["daemonName"], self.active_cluster(request.get("clusterArn"))
        if not NAME.fullmatch(name):
            raise InvalidParameterException(
                "Invalid daemon name. Use up to 255 letters, digits, hyphens and underscores."
            )
        arn, now = self.place.daemon(cluster, name), self.context.now()
        if arn in self.daemons:
            raise InvalidParameterException(
                f"A daemon named {name} is {self.daemons[arn].status} in cluster {cluster}: update it, or choose "
                "another name."
            )
        bare = Daemon(
            daemon_arn=arn,
            cluster_arn=self.place.cluster(cluster),
            name=name,
            created_at=now,
            updated_at=now,
            deployment_arn="",
            tags=tuple(request.get("tags") or ()),
        )
        made = self._deploy_daemon(bare, self._new_revision(bare, request), request.get("deploymentConfiguration"))
        self.note("daemon.created", arn, f"daemon {name} was created in cluster {cluster}")
        return self._keep_daemon(made)

    def update_daemon(self, request: Request) -> Daemon:
        """A new revision and a deployment of it. DaemonNotFoundException, DaemonNotActiveException."""
        known = self._active_daemon(request["daemonArn"])
        before = self.daemon_deployments[known.deployment_arn]
        given = request.get("deploymentConfiguration")
        configuration = before.configuration if given is None else given
        changed = self._deploy_daemon(known, self._new_revision(known, request), configuration)
        self.note("daemon.updated", known.daemon_arn, f"daemon {known.name} was updated")
        return self._keep_daemon(replace(changed, updated_at=self.context.now()))

    def delete_daemon(self, request: Request) -> Daemon:
        """Begin to delete a daemon: its instances are replaced by some without it."""
        known = self._active_daemon(request["daemonArn"])
        before = self.daemon_deployments[known.deployment_arn]
        gone = self._deploy_daemon(known, None, before.configuration)
        self.note("daemon.deleted", known.daemon_arn, f"daemon {known.name} is to be deleted")
        return self._keep_daemon(replace(gone, status=DaemonStatus.DELETE_IN_PROGRESS, updated_at=self.context.now()))

    def _keep_daemon(self, daemon: Daemon) -> Daemon:
        self.daemons[daemon.daemon_arn] = daemon
        self.store.revision += 1
        self.daemons_changed()
        return daemon

    def daemons_changed(self) -> None:
        """Told after every change; the control plane puts its own here."""

    def find_daemon(self, arn: str) -> Daemon:
        """The daemon of an ARN. DaemonNotFoundException."""
        found = self.daemons.get(arn)
        if found is None:
            raise DaemonNotFoundException("The specified daemon was not found. Give its full ARN.")
        return found

    def _active_daemon(self, arn: str) -> Daemon:
        found = self.find_daemon(arn)
        if found.status is not DaemonStatus.ACTIVE:
            raise DaemonNotActiveException(f"The daemon {found.name} is {found.status}. Create a new one.")
        return found

    def _new_revision(self, daemon: Daemon, request: Request) -> DaemonRevision:
        definition = self.usable_daemon_definition(request["daemonTaskDefinitionArn"])
        parsed = self.store.definitions[definition.arn]
        check_roles(self.place, self.context, daemon.cluster, parsed, {})
        word = f"{self.context.random.randrange(10**18, 10**19)}"
        critical = request.get("critical")
        return DaemonRevision(
            daemon_revision_arn=self.place.daemon_revision(daemon.cluster, daemon.name, word),
            cluster_arn=daemon.cluster_arn,
            daemon_arn=daemon.daemon_arn,
            daemon_task_definition_arn=definition.arn,
            created_at=self.context.now(),
            container_images=tuple({"containerName": c.name, "image": c.image} for c in parsed.containers),
            propagate_tags=request.get("propagateTags") or "NONE",
            enable_ecs_managed_tags=bool(request.get("enableECSManagedTags")),
            enable_execute_command=bool(request.get("enableExecuteCommand")),
            critical=True if critical is None else bool(critical),
            providers=self._daemon_providers(daemon, request["capacityProviderArns"]),
        )

    def _daemon_providers(self, daemon: Daemon, names: list[str]) -> tuple[str, ...]:
        if not names:
            raise InvalidParameterException("capacityProviderArns cannot be empty. Name one of Managed Instances.")
        at_most(names, MOST_PROVIDERS, "capacityProviderArns")
        found = tuple(dict.fromkeys(last_part(name) for name in names))
        for name in found:
            provider: CapacityProvider | None = self.capacity_providers.get(name)
            if provider is None or provider.status != "ACTIVE":
                raise InvalidParameterException(
                    f"The specified capacity provider '{name}' was not found. Specify a valid ARN and try again."
                )
            if not provider.managed or provider.cluster != daemon.cluster:
                raise InvalidParameterException(
                    f"Daemons run on capacity providers of Managed Instances of their own cluster only; {name} is none "
                    f"of cluster {daemon.cluster}."
                )
        return found

    def _deploy_daemon(
        self, daemon: Daemon, revision: DaemonRevision | None, given: Mapping[str, Any] | None
    ) -> Daemon:
        """The daemon with a new deployment; one that is under way is stopped by it."""
        configuration = _checked(given or {})
        now, before = self.context.now(), self.daemon_deployments.get(daemon.deployment_arn)
        if before is not None and before.status in UNDER_WAY:
            self.keep_daemon_deployment(
                replace(
                    before,
                    status=DeploymentState.STOPPED,
                    status_reason="It was replaced by a new deployment.",
                    stopped_at=now,
                    finished_at=now,
                )
            )
        if revision is not None:
            self.daemon_revisions[revision.daemon_revision_arn] = revision
        word = f"{self.context.random.randrange(10**18, 10**19)}"
        made = DaemonDeployment(
            daemon_deployment_arn=self.place.daemon_deployment(daemon.cluster, daemon.name, word),
            cluster_arn=daemon.cluster_arn,
            daemon_arn=daemon.daemon_arn,
            created_at=now,
            target=revision.daemon_revision_arn if revision is not None else "",
            sources=tuple(filter(None, [before.wanted] if before is not None else [])),
            configuration=configuration,
            since=now,
        )
        self.keep_daemon_deployment(made)
        return replace(daemon, deployment_arn=made.daemon_deployment_arn)

    def keep_daemon_deployment(self, deployment: DaemonDeployment) -> None:
        """Record a deployment as it now is, and in the journal when its status has changed."""
        arn = deployment.daemon_deployment_arn
        known = self.daemon_deployments.get(arn)
        self.daemon_deployments[arn] = deployment
        self.store.revision += 1
        if known is None or known.status is not deployment.status:
            why = f": {deployment.status_reason}" if deployment.status_reason else ""
            name = last_part(deployment.daemon_arn)
            text = f"the deployment of daemon {name} is {deployment.status}{why}"
            self.note("daemon.deployment", deployment.daemon_arn, text, deployment=arn, status=deployment.status.value)

    # what others ask

    def daemons_of(self, provider: str) -> Iterator[tuple[Daemon, DaemonRevision]]:
        """The daemons that new instances of a capacity provider get, each with the revision wanted now."""
        for daemon in self.daemons.values():
            revision = self.daemon_revisions.get(self.daemon_deployments[daemon.deployment_arn].wanted)
            if revision is not None and provider in revision.providers:
                yield daemon, revision

    def daemon_demands(self, provider: str) -> list[Demand]:
        """What the daemons take of a new instance of a capacity provider."""
        found = self.daemons_of(provider)
        return [
            Demand(definition=self.store.definitions[r.daemon_task_definition_arn], group=f"daemon:{d.name}")
            for d, r in found
        ]

    def is_daemon_task(self, task: Task) -> bool:
        """Whether a task is a daemon's, and so no reason for its instance to stay."""
        return task.daemon_name is not None

    def uses_daemon_definition(self, arn: str) -> bool:
        """Whether a daemon wants it now."""
        wanted = (self.daemon_deployments[d.deployment_arn].wanted for d in self.daemons.values())
        revisions = (self.daemon_revisions.get(revision) for revision in wanted)
        return any(r is not None and r.daemon_task_definition_arn == arn for r in revisions)


def _checked(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """``deploymentConfiguration`` without what is null. InvalidParameterException."""
    found = {key: value for key, value in configuration.items() if value is not None}
    drain, bake = found.get("drainPercent"), found.get("bakeTimeInMinutes")
    if drain is not None and not 0 < drain <= 100:
        raise InvalidParameterException(f"drainPercent is above 0 and at most 100; it is {drain}.")
    if bake is not None and not 0 <= bake <= MOST_BAKE:
        raise InvalidParameterException(f"bakeTimeInMinutes is 0 to {MOST_BAKE}; it is {bake}.")
    return found
