"""What fires by the clock: scheduled rules of EventBridge, and the schedules of EventBridge Scheduler.

Each has one callback on the timeline, at the time it is due next; a change of the rule or schedule sets it anew.
Invariants: each time that is due fires once, also when the clock leaps; what was disabled or deleted never fires.
Sources: EventBridge User Guide, "Creating a rule that runs on a schedule" (rates count from when the rule was made);
EventBridge Scheduler User Guide, "Schedule types" (a rate without StartDate begins at once), "Flexible time windows",
"Deletion after completion" and "Monitoring" (AWS/Scheduler by ScheduleGroup).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecslab.aws import cloudwatch, events_backend, events_input
from ecslab.aws.events import seconds
from ecslab.aws.events_run import NotDelivered, Sender
from ecslab.aws.events_targets import bury, send
from ecslab.control.events import Events
from ecslab.scheduler import schedules
from ecslab.timeline import Handle

NAMESPACE = "AWS/Scheduler"
JUST_BEFORE = 0.001
Key = tuple[str, str, str]
"""("rule" or "schedule", group, name)"""


class EventBridge:
    """The event bus of one lab with all that fires by the clock: scheduled rules and schedules."""

    def __init__(self, backend: Any, enforces: Callable[[], bool] = lambda: False) -> None:
        self._ecs = backend
        self._context = backend.context
        self._events = Events(backend, enforces)
        self._bridge = events_backend.events(backend.place)
        self._scheduler = events_backend.scheduler(backend.place)
        self._due: dict[Key, Handle] = {}

    def start(self) -> None:
        """Begin to listen, and to wait for what is due."""
        self._events.start()
        self._bridge.rule_changed.append(self._set_rule)
        self._scheduler.changed.append(self._set_schedule)

    def stop(self) -> None:
        """Listen no more; nothing fires any more."""
        self._events.stop()
        if self._set_rule in self._bridge.rule_changed:
            self._bridge.rule_changed.remove(self._set_rule)
        if self._set_schedule in self._scheduler.changed:
            self._scheduler.changed.remove(self._set_schedule)
        for handle in self._due.values():
            handle.cancel()
        self._due.clear()

    def _set(self, key: Key, when: float | None, fire: Callable[[], None]) -> None:
        old = self._due.pop(key, None)
        if old is not None:
            old.cancel()
        if when is not None:
            self._due[key] = self._context.timeline.call_at(when, fire)

    # rules

    def _set_rule(self, name: str) -> None:
        self._next_of_rule(name, self._context.now())

    def _next_of_rule(self, name: str, after: float) -> None:
        rule = self._bridge.event_buses["default"].rules.get(name)
        if rule is None or not rule.scheduled_expression or not rule.state.startswith("ENABLED"):
            self._set(("rule", "", name), None, lambda: None)
            return
        expression = schedules.read(rule.scheduled_expression)
        due = schedules.following(expression, after, self._bridge.put_at.get(name))
        self._set(("rule", "", name), due, lambda: self._fire_rule(name, rule, due or after))

    def _fire_rule(self, name: str, rule: Any, due: float) -> None:
        if self._bridge.event_buses["default"].rules.get(name) is not rule:
            return
        event = events_backend.scheduled_event(self._ecs.place, rule.arn, self._context.uuid(), due)
        self._next_of_rule(name, due)
        self._events.trigger(rule, event)

    # EventBridge Scheduler

    def _found(self, group: str, name: str) -> Any | None:
        known = self._scheduler.schedule_groups.get(group)
        return known.schedules.get(name) if known is not None else None

    def _set_schedule(self, group: str, name: str) -> None:
        schedule = self._found(group, name)
        if schedule is None or schedule.state != "ENABLED":
            self._set(("schedule", group, name), None, lambda: None)
            return
        self._next_of_schedule(schedule, self._context.now() - JUST_BEFORE)

    def _next_of_schedule(self, schedule: Any, after: float) -> None:
        key = ("schedule", schedule.group_name, schedule.name)
        due = _following(schedule, after)
        if due is None:
            self._set(key, None, lambda: None)
            self._complete(schedule)
            return
        window = schedule.flexible_time_window or {}
        wait = 0.0
        if window.get("Mode") == "FLEXIBLE":
            wait = self._context.random.uniform(0.0, 60.0 * float(window["MaximumWindowInMinutes"]))
        self._set(key, due + wait, lambda: self._fire_schedule(schedule, due))

    def _complete(self, schedule: Any) -> None:
        """There is no further time: the schedule stays, unless it is to go."""
        if schedule.action_after_completion == "DELETE":
            self._scheduler.delete_schedule(schedule.group_name, schedule.name)

    def _fire_schedule(self, schedule: Any, due: float) -> None:
        if self._is_known(schedule):
            self._invoke(schedule, due)
        if self._is_known(schedule):
            self._next_of_schedule(schedule, due)

    def _is_known(self, schedule: Any) -> bool:
        """Whether the schedule is still there: it may have gone with its group, or with all of moto's records."""
        return bool(self._found(schedule.group_name, schedule.name) is schedule)

    def _invoke(self, schedule: Any, due: float) -> None:
        place, target = self._ecs.place, {"Id": schedule.name, **schedule.target}
        sender = Sender(
            place=place,
            context=self._context,
            ecs=self._ecs,
            service=events_backend.SCHEDULER,
            source_arn=events_backend.group_arn(place, schedule.group_name),
            started_by=f"chronos-schedule/{schedule.name}",
        )
        about = {
            "aws.scheduler.schedule-arn": schedule.arn,
            "aws.scheduler.scheduled-time": seconds(due),
            "aws.scheduler.execution-id": self._context.uuid(),
            "aws.scheduler.attempt-number": "1",
        }
        text = events_input.fill(str(target.get("Input") or "{}"), about)
        self._measure(schedule, "InvocationAttemptCount")
        try:
            said = send(sender, target, text)
        except NotDelivered as failure:
            self._failed(sender, schedule, text, failure)
            return
        told = f"schedule {schedule.name} {said}"
        more = {"schedule": schedule.name, "target": target["Arn"]}
        self._context.journal.record("event.delivered", schedule.arn, told, **more)

    def _failed(self, sender: Sender, schedule: Any, text: str, failure: NotDelivered) -> None:
        self._measure(schedule, "TargetErrorCount")
        buried = bury(sender, schedule.target, text, failure)
        self._measure(schedule, "InvocationsSentToDeadLetterCount" if buried else "InvocationDroppedCount")
        self._context.journal.record(
            "event.failed",
            schedule.arn,
            f"schedule {schedule.name} could not invoke its target: {failure.message}",
            schedule=schedule.name,
            target=schedule.target["Arn"],
            error=failure.code,
            reason=failure.message,
            buried=buried,
        )

    def _measure(self, schedule: Any, name: str) -> None:
        group, at = {"ScheduleGroup": schedule.group_name}, self._context.now()
        cloudwatch.publish(self._ecs.place, NAMESPACE, name, group, (1.0,), at=at, unit="Count")


def _following(schedule: Any, after: float) -> float | None:
    """When a schedule is due next, between its start and its end."""
    start = float(schedule.start_date) if schedule.start_date is not None else None
    end = float(schedule.end_date) if schedule.end_date is not None else None
    expression = schedules.read(schedule.schedule_expression, schedule.schedule_expression_timezone)
    first = start if start is not None else schedule.last_modified_date
    if start is not None and expression.at is None:
        after = max(after, start - JUST_BEFORE)
    due = schedules.following(expression, after, first)
    return None if due is not None and end is not None and expression.at is None and due > end else due
