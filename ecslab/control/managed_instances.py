"""Amazon ECS Managed Instances: instances come when tasks wait for them, and go when they have been idle long enough.

Level-triggered: each look is at every provider of Managed Instances as it is now. What to launch is
``scheduler.managed_instances``'s to say; instances join through the fleet, as those of Auto Scaling groups do.
Invariants: no instance is terminated with a task on it that is not a daemon's, but when Spot takes it back; every
launch has its reason in the journal. ECS also replaces *underutilized* instances by fuller ones: how it decides
is not documented, and it is not done here. Sources: Amazon ECS Developer Guide, "Amazon ECS Managed Instances auto
scaling and task placement", "Infrastructure optimization", "Migrate from Fargate" (14 days); API Reference,
InfrastructureOptimization.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ecslab.aws import ec2, managed_ec2
from ecslab.control.fleet import Fleet
from ecslab.model.capacity import CapacityProvider
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance, Room
from ecslab.model.managed_instances import LIFETIME, InstanceType, chosen
from ecslab.model.status import ContainerInstanceStatus, StopCode, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.managed_instances import Launch, Supply, launches
from ecslab.scheduler.placement import take
from ecslab.timeline import Handle

ROUND = 60.0
"""Lab seconds between two looks at everything."""
ARRIVES = 20.0
"""Lab seconds from a task that waits to the instance that joins for it, and for all that wait by then (ours)."""
COMING = 60.0
"""Lab seconds for which an instance whose agent is not connected yet is waited for."""
DRAINED = "Task stopped during instance draining"
"""The stop reason of tasks that ECS takes off an instance it drains by itself (AWS Batch User Guide)."""


class ManagedInstances:
    """The loop over the managed instances of one lab."""

    def __init__(self, backend: Any, fleet: Fleet) -> None:
        self._backend = backend
        self._fleet = fleet
        self._timeline = backend.context.timeline
        self._idle: dict[str, float] = {}
        """Since when each idle instance is idle, by ARN."""
        self._looking: Handle | None = None
        self._arriving: Handle | None = None
        self._next: Handle | None = None
        self._round: Handle | None = None

    def start(self) -> None:
        """Begin to listen and to make rounds."""
        self._backend.store.listeners.append(self._heard)
        self._make_round()

    def stop(self) -> None:
        """Listen and look no more."""
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)
        for handle in (self._looking, self._arriving, self._next, self._round):
            if handle is not None:
                handle.cancel()

    def _make_round(self) -> None:
        self._round = self._timeline.call_later(ROUND, self._make_round)
        self._sweep()
        self._look_soon()

    def _heard(self, before: Any, after: Any) -> None:
        if isinstance(after, Task):
            waits = after.task_arn in self._backend.waiting
            moved = before is None or before.last_status is not after.last_status
            if waits or (moved and after.capacity_provider_name and after.container_instance_arn):
                self._look_soon()
        elif isinstance(after, ContainerInstance) and after.managed:
            self._look_soon()

    def _look_soon(self) -> None:
        if self._looking is None and any(p.managed for p in self._backend.capacity_providers.values()):
            self._looking = self._timeline.call_soon(self._look)

    def _look(self) -> None:
        self._looking = None
        for provider in list(self._backend.capacity_providers.values()):
            if self._arriving is None and self._waiting(provider):
                self._arriving = self._timeline.call_later(ARRIVES, self._arrive)
            if provider.managed and provider.status in ("ACTIVE", "DEPROVISIONING"):
                self._scale_in(provider)
        self._schedule()

    # out

    def _arrive(self) -> None:
        self._arriving = None
        for provider in list(self._backend.capacity_providers.values()):
            self._scale_out(provider)
        self._look_soon()

    def _scale_out(self, provider: CapacityProvider) -> None:
        waiting = self._waiting(provider)
        if not waiting:
            return
        wanted, hopeless = launches(waiting, self._rooms(provider), self._supply(provider))
        for arn, reason in hopeless.items():
            self._give_up(provider, arn, reason)
        for launch in wanted:
            self._launch(provider, launch)
        if wanted:
            self._fleet.sync()

    def _waiting(self, provider: CapacityProvider) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if not provider.managed or provider.status != "ACTIVE":
            return found
        for arn, demand in self._backend.waiting.items():
            task = self._backend.store.task(arn)
            if (
                task is not None
                and task.capacity_provider_name == provider.name
                and task.desired_status == "RUNNING"
                and task.cluster_name == provider.cluster
            ):
                found[arn] = demand
        return found

    def _rooms(self, provider: CapacityProvider) -> list[Room]:
        """What there is, and what is about to be: an instance that has just come counts as if it were ready."""
        now, rooms = self._timeline.now(), []
        for instance in self._backend.managed_instances(provider.name):
            coming = instance.agent_connected or now - instance.registered_at < COMING
            if coming and instance.status in (ContainerInstanceStatus.ACTIVE, ContainerInstanceStatus.REGISTERING):
                room = self._backend.store.room(instance)
                ready = replace(instance, agent_connected=True, status=ContainerInstanceStatus.ACTIVE)
                rooms.append(replace(room, instance=ready))
        return rooms

    def _supply(self, provider: CapacityProvider) -> Supply:
        place = self._backend.place
        subnets = list(provider.template["networkConfiguration"].get("subnets") or ())
        own = self._backend.managed_instances(provider.name)

        def room(kind: InstanceType, subnet: str) -> Room:
            return self._room(provider, kind, subnet)

        return Supply(
            types=chosen(managed_ec2.catalogue(), provider.template.get("instanceRequirements")),
            subnets={subnet: ec2.zone_of(place, subnet) for subnet in subnets},
            room=room,
            used=Counter(instance.attributes.get("ecs.subnet-id", "") for instance in own),
        )

    def _room(self, provider: CapacityProvider, kind: InstanceType, subnet: str) -> Room:
        """The room that an instance of a type would have for tasks."""
        shown = ec2.preview(self._backend.place, provider.cluster or "", kind.name, subnet)
        instance = ContainerInstance(
            arn="",
            cluster_name=shown.cluster,
            ec2_instance_id="",
            cpu=shown.cpu,
            memory=shown.memory,
            eni_limit=shown.eni_limit,
            registered_at=0.0,
            instance_type=kind.name,
            availability_zone=shown.availability_zone,
            agent_connected=True,
            capacity_provider_name=provider.name,
            managed=True,
            attributes=shown.attributes,
        )
        instance = self._backend.trunked(instance)
        room = Room(
            instance=instance,
            cpu=instance.cpu,
            memory=instance.memory,
            enis=instance.eni_limit,
            ports=RESERVED_PORTS,
            tasks=0,
        )
        for demand in self._backend.daemon_demands(provider.name):
            room = take(demand, room)
        return room

    def _launch(self, provider: CapacityProvider, launch: Launch) -> None:
        settings, kind = provider.managed_instances_provider or {}, launch.instance_type
        inherited = settings.get("propagateTags") == "CAPACITY_PROVIDER"
        order = managed_ec2.Order(
            cluster=provider.cluster or "",
            provider=provider.name,
            instance_type=kind.name,
            subnet=launch.subnet,
            security_groups=provider.template["networkConfiguration"].get("securityGroups") or (),
            spot=provider.template.get("capacityOptionType") == "SPOT",
            tags={tag["key"]: tag.get("value") or "" for tag in provider.tags} if inherited else {},
        )
        instance_id = managed_ec2.launch(self._backend.place, order)
        first, more = launch.tasks[0].rsplit("/", 1)[-1][:8], len(launch.tasks) - 1
        text = (
            f"capacity provider {provider.name} launches {instance_id}, a {kind.name} in {launch.subnet}: the cheapest "
            f"type that has room for task {first}{f', with room for {more} more that wait' if more else ''}"
        )
        self._backend.note(
            "capacity.launched",
            provider.capacity_provider_arn,
            text,
            instance=instance_id,
            instance_type=kind.name,
            subnet=launch.subnet,
            tasks=list(launch.tasks),
        )

    def _give_up(self, provider: CapacityProvider, arn: str, reason: str) -> None:
        task = self._backend.store.task(arn)
        self._backend.waiting.pop(arn)
        said = f"TaskFailedToStart: capacity provider {provider.name} has no instance type for it: {reason}"
        stopped = self._backend.wish_stopped(task, StopCode.TASK_FAILED_TO_START, said)
        self._backend.move_task(stopped, TaskStatus.STOPPED)

    # in

    def _scale_in(self, provider: CapacityProvider) -> None:
        now = self._timeline.now()
        for instance in list(self._backend.managed_instances(provider.name)):
            self._age(instance, now)
            if not self._is_idle(instance):
                self._idle.pop(instance.arn, None)
                continue
            since = self._idle.setdefault(instance.arn, now)
            if self._due(provider, instance, since) <= now:
                self._terminate(provider, instance, since)
        if provider.status == "DEPROVISIONING" and not any(
            True for _ in self._backend.managed_instances(provider.name)
        ):
            gone = replace(provider, status="INACTIVE", update_status="DELETE_COMPLETE")
            self._backend.keep_provider(gone)
            text = f"capacity provider {provider.name} is INACTIVE: its last instance is gone"
            self._backend.note("capacity.deleted", provider.capacity_provider_arn, text)

    def _is_idle(self, instance: ContainerInstance) -> bool:
        if instance.status is ContainerInstanceStatus.REGISTERING:
            return False
        alive = self._backend.store.alive_on_instance(instance.arn)
        return all(self._backend.is_daemon_task(task) for task in alive)

    def _due(self, provider: CapacityProvider, instance: ContainerInstance, since: float) -> float:
        """When an idle instance is to go: at once where it is drained anyway, or its provider deleted."""
        if provider.status == "DEPROVISIONING" or instance.status is ContainerInstanceStatus.DRAINING:
            return since
        return float("inf") if provider.idle_for is None else since + provider.idle_for

    def _age(self, instance: ContainerInstance, now: float) -> None:
        if now - instance.registered_at >= LIFETIME:
            self.drain(instance, "it is 14 days old, and ECS replaces it")

    def drain(self, instance: ContainerInstance, why: str) -> None:
        """Let an instance go: nothing new is placed on it, and tasks without a service are stopped."""
        backend = self._backend
        instance = backend.store.instance(instance.arn)
        if instance.status in (ContainerInstanceStatus.ACTIVE, ContainerInstanceStatus.REGISTERING):
            backend.set_instance_status(instance, ContainerInstanceStatus.DRAINING, why)
        for task in list(backend.store.alive_on_instance(instance.arn)):
            if not task.service_name and not backend.is_daemon_task(task):
                backend.wish_stopped(task, StopCode.TERMINATION_NOTICE, DRAINED)

    def _terminate(self, provider: CapacityProvider, instance: ContainerInstance, since: float) -> None:
        idle = self._timeline.now() - since
        why = f"it has been idle for {idle:.0f} s" if idle else "nothing runs on it any more"
        self.drain(instance, why)
        self._backend.note(
            "capacity.terminated",
            provider.capacity_provider_arn,
            f"capacity provider {provider.name} terminates {instance.ec2_instance_id}: {why}",
            instance=instance.ec2_instance_id,
        )
        self._idle.pop(instance.arn, None)
        ec2.terminate(self._backend.place, [instance.ec2_instance_id])
        self._fleet.sync()

    def _schedule(self) -> None:
        """Look again when the next idle instance is due."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        store, now = self._backend.store, self._timeline.now()
        self._idle = {a: s for a, s in self._idle.items() if (i := store.instance(a)) and i.status != "INACTIVE"}
        times = [self._due(p, i, s) for a, s in self._idle.items() if (i := store.instance(a)) and (p := self._of(i))]
        due = min((at for at in times if at > now), default=float("inf"))
        if due < float("inf"):
            self._next = self._timeline.call_at(due, self._look_soon)

    def _of(self, instance: ContainerInstance) -> CapacityProvider | None:
        found: CapacityProvider | None = self._backend.capacity_providers.get(instance.capacity_provider_name)
        return found

    def _sweep(self) -> None:
        """Terminate instances that ECS launched and that are container instances no longer."""
        place = self._backend.place
        if not any(p.managed for p in self._backend.capacity_providers.values()):
            return
        known = {i.ec2_instance_id for i in self._backend.store.instances()}
        lost = [i.instance_id for i in ec2.joining(place) if managed_ec2.provider_of(place, i.instance_id)]
        gone = [instance_id for instance_id in lost if instance_id not in known]
        if gone:
            ec2.terminate(place, gone)
            self._fleet.sync()
