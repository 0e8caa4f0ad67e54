"""Load balancing of services: registers tasks that run, checks their health, drains those that stop, weighs rules.

A task is registered when it is RUNNING and deregistered when it is wished to stop; until its connections have drained
(the group's deregistration delay) it stays DEACTIVATING. Health checks are real requests to the task's container on
docker and process, and the answer its program would give on simulated. No user's request is carried here.
Choices of this lab: the first check comes one interval after the registration; a target that somebody deregisters by
hand stays away until its task is replaced. Invariant: what is registered is a RUNNING task's, or is draining.
Sources: Amazon ECS Developer Guide, "Use load balancing to distribute Amazon ECS service traffic"; Elastic Load
Balancing User Guide, "Health checks", "Deregistration delay"; facts: service_events.
"""

from __future__ import annotations

import http.client
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecslab.aws import balancing
from ecslab.errors import EcslabError
from ecslab.model.balancing import Binding, Checked, HealthCheck, Target, TargetState, after_check
from ecslab.model.deployments import RevisionSummary
from ecslab.model.service import Service
from ecslab.model.status import DesiredStatus, NetworkMode, ServiceStatus, TaskStatus
from ecslab.model.task import Task
from ecslab.networks.base import Fabric
from ecslab.runtimes.base import Answers, Runtime
from ecslab.timeline import Handle

PATIENCE = 5.0
"""Real seconds that a real health check waits at most."""
Key = tuple[str, str, int]
_Gone = tuple[str, str, str, str]
"""Cluster, service, target group and task of a deregistered target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How the control plane is asked to look again at a task (its ARN), or a service (cluster, name)."""

    task: Callable[[str], None]
    service: Callable[[str, str], None]


class Balancing:
    """The loop of one lab over the targets of its services."""

    def __init__(self, backend: Any, runtime: Runtime, fabric: Fabric, looks: Looks) -> None:
        self._backend = backend
        self._runtime = runtime
        self._fabric = fabric
        self._looks = looks
        self._timeline = backend.context.timeline
        self._new: dict[str, None] = {}
        self._gone: list[_Gone] = []
        self._handles: dict[Key, Handle] = {}
        self._looking: Handle | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to listen."""
        self._backend.store.listeners.append(self._heard)

    def stop(self) -> None:
        """Listen and check no more."""
        self._stopped = True
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)
        for handle in (self._looking, *self._handles.values()):
            if handle is not None:
                handle.cancel()

    def _heard(self, before: Any, after: Any) -> None:
        if isinstance(after, Service):
            self._weigh(after)
        elif isinstance(after, Task) and after.service_name:
            self._follow(before, after)

    def _follow(self, before: Task | None, task: Task) -> None:
        wished = task.desired_status is DesiredStatus.RUNNING
        started = before is None or before.last_status is not task.last_status
        if task.task_arn in self._backend.targets:
            if not wished or task.last_status is not TaskStatus.RUNNING:
                self._drain(task)
        elif started and wished and task.last_status is TaskStatus.RUNNING:
            self._new[task.task_arn] = None
            self._look_soon()

    def _look_soon(self) -> None:
        if self._looking is None:
            self._looking = self._timeline.call_soon(self._look)

    def _look(self) -> None:
        self._looking = None
        new, self._new = self._new, {}
        gone, self._gone = self._gone, []
        registered: Counter[tuple[str, str, str]] = Counter()
        for arn in new:
            task = self._backend.store.task(arn)
            if task is not None and arn not in self._backend.targets:
                registered += self._register(task)
        for (cluster, name, group), count in registered.items():
            self._say(cluster, name, f"registered {count} targets in (target-group {group})")
        self._say_gone(gone)

    def _say_gone(self, gone: list[_Gone]) -> None:
        tasks = Counter((cluster, name) for cluster, name, _ in {(g[0], g[1], g[3]) for g in gone})
        for (cluster, name), count in sorted(tasks.items()):
            self._say(cluster, name, f"has begun draining connections on {count} tasks.")
        for (cluster, name, group), count in Counter(g[:3] for g in gone).items():
            self._say(cluster, name, f"deregistered {count} targets in (target-group {group})")

    def _say(self, cluster: str, name: str, message: str) -> None:
        service = self._backend.store.service(cluster, name)
        if service is not None:
            self._backend.store.put_service(self._backend.add_event(service, message))

    # registering and draining

    def _register(self, task: Task) -> Counter[tuple[str, str, str]]:
        """Put a running task into the target groups of its deployment."""
        service = self._backend.store.service(task.cluster_name, task.service_name)
        works = service.works if service is not None else ()
        mine = next((work for work in works if work.id == task.deployment_id), None)
        if mine is None or not mine.bindings or task.last_status is not TaskStatus.RUNNING:
            return Counter()
        targets = tuple(t for b in mine.bindings if (t := self._target(task, b)) is not None)
        self._backend.targets[task.task_arn] = targets
        for target in targets:
            balancing.put(self._backend.place, target)
            where = f"{target.target_id}:{target.port}"
            text = f"task {task.task_id[:8]} was registered as {where}"
            self._note("target.registered", task, text, target=where, target_group=target.target_group)
            self._check_later(target)
        return Counter((task.cluster_name, str(task.service_name), t.target_group) for t in targets)

    def _target(self, task: Task, binding: Binding) -> Target | None:
        found = balancing.group(self._backend.place, binding.target_group)
        if found is None:
            return None
        instance = self._backend.store.instance(task.container_instance_arn or "")
        awsvpc = task.eni is not None
        target_id = task.eni.private_ip if task.eni is not None else instance.ec2_instance_id if instance else ""
        return Target(
            target_group=binding.target_group,
            target_id=str(target_id),
            port=binding.port if awsvpc else self._host_port(task, binding),
            task_arn=task.task_arn,
            binding=binding,
        )

    def _host_port(self, task: Task, binding: Binding) -> int:
        definition = self._backend.store.definitions[task.task_definition_arn]
        if definition.network_mode is NetworkMode.HOST:
            return binding.port
        bound = task.container(binding.container).network_bindings
        return next((b.host_port for b in bound if b.container_port == binding.port), binding.port)

    def _drain(self, task: Task) -> None:
        """Deregister a task that is to stop, or has; it may not be stopped before its connections have drained."""
        now, until = self._timeline.now(), 0.0
        for target in self._backend.targets[task.task_arn]:
            known = balancing.known(self._backend.place, target)
            if known is None or known.state is TargetState.DRAINING:
                continue
            draining = replace(known, state=TargetState.DRAINING, in_a_row=0)
            balancing.put(self._backend.place, draining)
            ends = now + balancing.delay(self._backend.place, target.target_group)
            until = max(until, ends)
            self._replace_handle(target, self._timeline.call_at(ends, lambda t=draining: self._drained(t)))
            self._gone.append((task.cluster_name, str(task.service_name), target.target_group, task.task_id))
            text = f"task {task.task_id[:8]} drains: target {target.target_id}:{target.port} gets no new requests"
            self._note("target.deregistered", task, text, target_group=target.target_group)
        if until:
            self._backend.deregistering[task.task_arn] = until
            self._look_soon()
        if task.last_status is TaskStatus.STOPPED:
            self._backend.deregistering.pop(task.task_arn, None)
            self._backend.targets.pop(task.task_arn, None)

    def _drained(self, target: Target) -> None:
        self._handles.pop(_key(target), None)
        balancing.remove(self._backend.place, target)
        if self._timeline.now() >= self._backend.deregistering.get(target.task_arn, 0.0):
            self._backend.deregistering.pop(target.task_arn, None)
            self._looks.task(target.task_arn)

    # health

    def _check_later(self, target: Target) -> None:
        check = balancing.check_of(self._backend.place, target.target_group)
        if check is not None and not self._stopped:
            handle = self._timeline.call_later(check.interval, lambda: self._check(target))
            self._replace_handle(target, handle)

    def _replace_handle(self, target: Target, handle: Handle) -> None:
        old = self._handles.pop(_key(target), None)
        if old is not None:
            old.cancel()
        self._handles[_key(target)] = handle

    def _check(self, target: Target) -> None:
        check = balancing.check_of(self._backend.place, target.target_group)
        task = self._backend.store.task(target.task_arn)
        known = balancing.known(self._backend.place, target)
        if check is None or task is None or known is None or known.state is TargetState.DRAINING:
            return

        def then(found: Checked | None, error: BaseException | None) -> None:
            self._found(target, check, found or Checked(problem=str(error)))

        self._timeline.offload(self._question(task, target, check), then)

    def _question(self, task: Task, target: Target, check: HealthCheck) -> Callable[[], Checked]:
        """What is asked outside the lock: a request to the container, as the runtime can."""
        container = task.container(target.binding.container)
        port = check.port or target.binding.port
        runtime = self._runtime
        if isinstance(runtime, Answers):
            return lambda: _answered(runtime, container.runtime_id or "", port, check)
        for wiring in self._fabric.wirings():
            if wiring.task_id == task.task_id:
                for end in wiring.endpoints:
                    if end.container == container.name and end.container_port == target.binding.port:
                        own = wiring.address if check.port else end.host
                        return lambda: fetched(own, check.port or end.port, check)
        return lambda: Checked(problem="the task has no address")

    def _found(self, target: Target, check: HealthCheck, found: Checked) -> None:
        before = balancing.known(self._backend.place, target)
        if before is None or self._stopped:
            return
        after = after_check(before, check, found)
        if after != before:
            balancing.put(self._backend.place, after)
            mine = self._backend.targets.get(target.task_arn, ())
            self._backend.targets[target.task_arn] = tuple(after if _key(t) == _key(after) else t for t in mine)
        if after.state is not before.state:
            self._changed(after)
        if after.state is not TargetState.DRAINING:
            self._check_later(target)

    def _changed(self, target: Target) -> None:
        task = self._backend.store.task(target.task_arn)
        if task is None:
            return
        why = f": {target.description}" if target.description else ""
        text = f"target {target.target_id}:{target.port} of task {task.task_id[:8]} is {target.state}{why}"
        self._note("target.health", task, text, target_group=target.target_group, state=target.state.value)
        if target.state is TargetState.UNHEALTHY:
            where = "" if task.eni is not None else f"(instance {target.target_id}) "
            self._say(
                task.cluster_name,
                str(task.service_name),
                f"{where}(port {target.port}) is unhealthy in (target-group {target.target_group}) due to "
                f"(reason {target.description})",
            )
        self._looks.service(task.cluster_name, str(task.service_name))

    def _note(self, kind: str, task: Task, text: str, **data: Any) -> None:
        self._backend.note(kind, task.task_arn, text, service=task.service_name, **data)

    # weights

    def _weigh(self, service: Service) -> None:
        """Have the listener rules of a service follow the weights of its newest deployment."""
        record = service.rollout
        shifting = record is not None and record.deployment_configuration.shifts_traffic
        if record is None or not shifting or service.status is not ServiceStatus.ACTIVE:
            return
        revisions = (record.target_service_revision, *record.source_service_revisions)
        for number, one in enumerate(service.balanced):
            given = one.get("advancedConfiguration") or {}
            pair = (str(one["targetGroupArn"]), str(given.get("alternateTargetGroupArn") or ""))
            for key, part in _RULES:
                weights = _weights(service, revisions, number, part)
                if given.get(key) and weights:
                    self._shift(service, str(given[key]), {g: weights.get(g, 0.0) for g in pair if g})

    def _shift(self, service: Service, rule: str, weights: Mapping[str, float]) -> None:
        if balancing.weigh(self._backend.place, rule, weights):
            shares = ", ".join(f"{_name(group)} {weight:g}" for group, weight in weights.items())
            text = f"a listener rule of service {service.service_name} now forwards by weight: {shares}"
            self._backend.note("rule.weights", service.service_arn, text, rule=rule, weights=dict(weights))


_RULES = (
    ("productionListenerRule", "requested_production_traffic_weight"),
    ("testListenerRule", "requested_test_traffic_weight"),
)


def _weights(service: Service, revisions: tuple[RevisionSummary, ...], number: int, part: str) -> dict[str, float]:
    """The weight of each target group: that of the revision whose tasks are in it."""
    works = {work.id: work for work in service.works}
    found: dict[str, float] = {}
    for revision in revisions:
        work, weight = works.get(revision.deployment_id), getattr(revision, part)
        if work is not None and weight is not None and number < len(work.bindings):
            group = work.bindings[number].target_group
            found[group] = found.get(group, 0.0) + weight
    return found


def _key(target: Target) -> Key:
    return target.target_group, target.target_id, target.port


def _name(arn: str) -> str:
    return arn.split(":targetgroup/")[-1].split("/")[0]


def _answered(runtime: Answers, container: str, port: int, check: HealthCheck) -> Checked:
    try:
        return Checked(status=runtime.answer(container, port, check.path or "/")[0])
    except EcslabError as refused:
        return Checked(problem=str(refused))


def fetched(host: str, port: int, check: HealthCheck) -> Checked:
    """One real health check: a connection, and a request where the check has a path."""
    patience = min(check.timeout, PATIENCE)
    try:
        if not check.path:
            socket.create_connection((host, port), patience).close()
            return Checked()
        connection = http.client.HTTPConnection(host, port, timeout=patience)
        try:
            connection.request("GET", check.path, headers={"User-Agent": "ELB-HealthChecker/2.0"})
            return Checked(status=connection.getresponse().status)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as failed:
        return Checked(problem=str(failed) or type(failed).__name__)
