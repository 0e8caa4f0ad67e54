"""The event bus at work: hears what changes, makes events of it, and delivers them to the targets of the rules.

Nothing is delivered inside a request: what is heard waits in a queue that the timeline empties, in order. Invariants:
with no rule that could match, a change costs a look at an empty dictionary; each version of a task is told once; each
delivery is in the metrics of its rule, each failure in the journal too. Source: EventBridge User Guide, "Monitoring
Amazon EventBridge" (AWS/Events by RuleName).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.aws import cloudwatch, events_backend, events_input, events_pattern, events_services
from ecslab.aws.events import Fact, Json, envelope, instance_change, task_change
from ecslab.aws.events_run import NotDelivered, Sender
from ecslab.aws.events_targets import bury, send
from ecslab.model.instance import ContainerInstance
from ecslab.model.service import Service
from ecslab.model.status import TaskStatus
from ecslab.model.task import Task
from ecslab.timeline import Handle, iso

SERVICE = "events.amazonaws.com"
NAMESPACE = "AWS/Events"
LATENCY = 0.5
"""Lab seconds from an event to the task it runs: a rule that answers its own tasks does not stop the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Something to be made an event of: a task or a container instance at lab time ``at``."""

    noun: Task | ContainerInstance
    at: float


class Events:
    """EventBridge of one lab. ``enforces`` says whether IAM is enforced, and so the policies of queues are asked."""

    def __init__(self, backend: Any, enforces: Callable[[], bool] = lambda: False) -> None:
        self._ecs = backend
        self._context = backend.context
        self._timeline = backend.context.timeline
        self._enforces = enforces
        self._bridge = events_backend.events(backend.place)
        self._queue: dict[Any, _Heard | Fact | tuple[str, Json]] = {}
        self._numbers = 0
        self._draining: Handle | None = None
        self._later: dict[int, Handle] = {}

    def start(self) -> None:
        """Begin to listen."""
        self._ecs.store.listeners.append(self._heard)
        self._bridge.sent.append(self._sent)

    def stop(self) -> None:
        """Listen no more; what waits is dropped."""
        for listeners, listener in ((self._ecs.store.listeners, self._heard), (self._bridge.sent, self._sent)):
            if listener in listeners:
                listeners.remove(listener)
        for handle in (self._draining, *self._later.values()):
            if handle is not None:
                handle.cancel()
        self._queue.clear()
        self._draining = None

    # hearing

    def _heard(self, before: Any, after: Any) -> None:
        if isinstance(after, Task):
            self._touch(before, after)
        bus = self._bridge.event_buses.get("default")
        if bus is None or not bus.rules or not any(_listens(rule) for rule in bus.rules.values()):
            return
        now = self._context.now()
        if isinstance(after, Task):
            self._heard_task(before, after, now)
        elif isinstance(after, ContainerInstance):
            if before is None or before.version != after.version:
                self._wait(after.arn, _Heard(noun=after, at=now))
        elif isinstance(after, Service):
            for fact in events_services.service_changes(before, after, self._ecs.place, now):
                self._wait(self._number(), fact)

    def _touch(self, before: Task | None, after: Task) -> None:
        """What is left on an instance has changed, and with it the instance's version."""
        if after.container_instance_arn is not None and _takes_or_gives(before, after):
            self._ecs.store.touch_instance(after.container_instance_arn)

    def _heard_task(self, before: Task | None, after: Task, now: float) -> None:
        if before is not None and before.version == after.version:
            waiting = self._queue.get((after.task_arn, after.version))
            if isinstance(waiting, _Heard):
                self._queue[after.task_arn, after.version] = _Heard(noun=after, at=waiting.at)
        else:
            self._wait((after.task_arn, after.version), _Heard(noun=after, at=now))
        if after.container_instance_arn is not None and _takes_or_gives(before, after):
            instance = self._ecs.store.instance(after.container_instance_arn)
            if instance is not None:
                self._wait(instance.arn, _Heard(noun=instance, at=now))

    def _sent(self, bus: str, event: Json) -> None:
        """PutEvents has taken an event."""
        self._wait(self._number(), (bus, event))

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _wait(self, key: Any, item: _Heard | Fact | tuple[str, Json]) -> None:
        self._queue.pop(key, None)
        self._queue[key] = item
        if self._draining is None:
            self._draining = self._timeline.call_soon(self._drain)

    # delivering

    def _drain(self) -> None:
        self._draining = None
        waiting, self._queue = self._queue, {}
        for item in waiting.values():
            if isinstance(item, tuple):
                self._publish(*item)
            else:
                fact = item if isinstance(item, Fact) else self._fact(item)
                self._publish("default", envelope(fact, self._ecs.place, self._context.uuid()))

    def _fact(self, heard: _Heard) -> Fact:
        if isinstance(heard.noun, Task):
            return task_change(heard.noun, heard.at)
        instance = self._ecs.store.instance(heard.noun.arn) or heard.noun
        return instance_change(self._ecs.view(instance), self._ecs.place.cluster(instance.cluster_name), heard.at)

    def _publish(self, bus_name: str, event: Json) -> None:
        bus = self._bridge.event_buses.get(bus_name)
        for rule in tuple(bus.rules.values()) if bus is not None else ():
            if _listens(rule) and events_pattern.matches(rule.event_pattern.get_pattern(), event):
                self._measure(rule.name, "MatchedEvents")
                self.trigger(rule, event, latency=LATENCY)

    def trigger(self, rule: Any, event: Json, *, latency: float = 0.0) -> None:
        """Deliver an event to every target of a rule; tasks are run after ``latency`` lab seconds."""
        self._measure(rule.name, "TriggeredRules")
        for target in tuple(rule.targets):
            if latency and events_backend.is_cluster(str(target["Arn"])):
                self._deliver_later(latency, rule, target, event)
            else:
                self._deliver(rule, target, event)

    def _deliver_later(self, latency: float, rule: Any, target: Mapping[str, Any], event: Json) -> None:
        number = self._number()

        def due() -> None:
            self._later.pop(number, None)
            self._deliver(rule, target, event)

        self._later[number] = self._timeline.call_later(latency, due)

    def _deliver(self, rule: Any, target: Mapping[str, Any], event: Json) -> None:
        if events_backend.archived(self._bridge, rule, target, event, self._context.now()):
            return
        sender = Sender(
            place=self._ecs.place,
            context=self._context,
            ecs=self._ecs,
            service=SERVICE,
            source_arn=rule.arn,
            started_by=f"events-rule/{rule.name}",
            asks_policies=self._enforces(),
        )
        text = events_input.of_target(target, event, _about(rule, event, self._context.now()))
        self._measure(rule.name, "Invocations")
        try:
            said = send(sender, target, text)
        except NotDelivered as failure:
            self._failed(sender, rule, target, text, failure)
            return
        told = f"rule {rule.name} {said}"
        more = {"rule": rule.name, "target": target["Arn"], "event": event["id"], "detail_type": event["detail-type"]}
        self._context.journal.record("event.delivered", rule.arn, told, **more)

    def _failed(self, sender: Sender, rule: Any, target: Mapping[str, Any], text: str, failure: NotDelivered) -> None:
        self._measure(rule.name, "FailedInvocations")
        buried = bury(sender, target, text, failure)
        if buried:
            self._measure(rule.name, "InvocationsSentToDlq")
        self._context.journal.record(
            "event.failed",
            rule.arn,
            f"rule {rule.name} could not invoke its target {target['Id']}: {failure.message}",
            rule=rule.name,
            target=target["Arn"],
            error=failure.code,
            reason=failure.message,
            buried=buried,
        )

    def _measure(self, rule: str, name: str) -> None:
        at = self._context.now()
        cloudwatch.publish(self._ecs.place, NAMESPACE, name, {"RuleName": rule}, (1.0,), at=at, unit="Count")


def _listens(rule: Any) -> bool:
    """Whether a rule waits for events; one that only has a schedule does not."""
    return bool(rule.event_pattern.dump()) and bool(rule.targets) and rule.state.startswith("ENABLED")


def _takes_or_gives(before: Task | None, after: Task) -> bool:
    """Whether a task takes room on its instance now, or gives it back."""
    if before is None or before.container_instance_arn != after.container_instance_arn:
        return True
    return before.last_status is not after.last_status and after.last_status is TaskStatus.STOPPED


def _about(rule: Any, event: Json, now: float) -> dict[str, Any]:
    """The variables that every input template knows."""
    return {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": iso(now),
    }
