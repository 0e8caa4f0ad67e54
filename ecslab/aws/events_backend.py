"""EventBridge and EventBridge Scheduler: moto's backends with lab time, real checks and ears. They deliver nothing.

moto keeps the rules, targets and schedules; here they are read when they are put, so that what is wrong is said at
once, and whoever listens is told of every change and every event. Put into moto as ``ecslab.aws.install`` puts ECS.
Invariants: a rule that is kept has a pattern and a schedule that can be read; a schedule that is kept has a role that
EventBridge Scheduler could assume. Sources: EventBridge API Reference, PutRule, PutTargets, PutEvents and
TestEventPattern; EventBridge Scheduler API Reference, CreateSchedule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventsBackend
from moto.events.responses import EventsHandler
from moto.scheduler import exceptions as scheduler_errors
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse

from ecslab.aws import events_input, events_pattern
from ecslab.aws.context import LabContext
from ecslab.aws.events import Fact, Json, envelope, seconds
from ecslab.model.arn import Place
from ecslab.scheduler import schedules

SCHEDULER = "scheduler.amazonaws.com"
MOST_ENTRIES = 10
EARLIEST = 300.0
"""Seconds by which a StartDate may lie in the past."""
_FIELDS = ("Source", "DetailType", "Detail")


class LabEvents(EventsBackend):  # type: ignore[misc]
    """EventBridge of one account and region.

    ``rule_changed`` are told the name of a rule of the default bus that was put, enabled, disabled or deleted;
    ``sent`` the bus and the event that PutEvents has taken.
    """

    context: LabContext
    rule_changed: list[Callable[[str], None]]
    sent: list[Callable[[str, Json], None]]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.put_at: dict[str, float] = {}
        """When each rule of the default bus was last put: rates are counted from then."""
        self.streams: dict[str, str] = {}
        """The log stream of each target that is a log group."""

    @property
    def place(self) -> Place:
        """The account and region."""
        return Place(account=self.account_id, region=self.region_name)

    def put_rule(self, name: str, *args: Any, **given: Any) -> Any:
        if given.get("event_pattern"):
            _checked_pattern(given["event_pattern"])
        if given.get("scheduled_expression"):
            _checked_expression(given["scheduled_expression"])
        rule = super().put_rule(name, *args, **given)
        if rule.event_bus_name == "default":
            self.put_at[name] = self.context.now()
            self._tell(name)
        return rule

    def delete_rule(self, name: str, event_bus_arn: str | None) -> None:
        super().delete_rule(name, event_bus_arn)
        self._tell(name)

    def enable_rule(self, name: str, event_bus_arn: str | None) -> bool:
        done = bool(super().enable_rule(name, event_bus_arn))
        self._tell(name)
        return done

    def disable_rule(self, name: str, event_bus_arn: str | None) -> bool:
        done = bool(super().disable_rule(name, event_bus_arn))
        self._tell(name)
        return done

    def _tell(self, name: str) -> None:
        for listener in tuple(self.rule_changed):
            listener(name)

    def put_targets(self, name: str, event_bus_arn: str | None, targets: list[Json]) -> None:
        for target in targets:
            _check_target(target)
        super().put_targets(name, event_bus_arn, targets)

    def put_events(self, events: list[Json]) -> list[Json]:
        """Take up to ten events; each is answered with its id or with what is wrong with it."""
        if len(events) > MOST_ENTRIES:
            raise ValidationException(
                f"PutEvents takes at most {MOST_ENTRIES} entries; there are {len(events)}. Send them in parts."
            )
        return [self._put_event(entry) for entry in events]

    def _put_event(self, entry: Json) -> Json:
        wrong = _wrong_with(entry)
        if wrong is not None:
            return wrong
        bus = self._get_event_bus(self._normalize_event_bus_arn(entry.get("EventBusName"))).name
        given = entry.get("Time")
        fact = Fact(
            detail_type=entry["DetailType"],
            resource="",
            detail=json.loads(entry["Detail"]),
            at=self.context.now() if given is None else float(given),
            source=entry["Source"],
        )
        event = {**envelope(fact, self.place, self.context.uuid()), "resources": list(entry.get("Resources") or ())}
        for listener in tuple(self.sent):
            listener(bus, event)
        return {"EventId": event["id"]}


def _wrong_with(entry: Json) -> Json | None:
    for field in _FIELDS:
        if not entry.get(field):
            return _refused(
                "InvalidArgument", f"Parameter {field} is not valid. Reason: {field} is a required argument."
            )
    if str(entry["Source"]).startswith("aws."):
        return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        is_object = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        is_object = False
    return None if is_object else _refused("MalformedDetail", "Detail is malformed. Send a JSON object.")


def _refused(code: str, message: str) -> Json:
    return {"ErrorCode": code, "ErrorMessage": message}


def _checked_pattern(text: str) -> events_pattern.Pattern:
    try:
        return events_pattern.read(text)
    except ValueError as wrong:
        raise InvalidEventPatternException(str(wrong)) from None


def _checked_expression(expression: str) -> None:
    try:
        if not expression.startswith("at("):
            schedules.read(expression)
            return
        reason = "A rule takes rate(…) or cron(…); one-time schedules are EventBridge Scheduler's."
    except ValueError as wrong:
        reason = str(wrong)
    raise ValidationException(f"Parameter ScheduleExpression is not valid. {reason}")


def _check_target(target: Json) -> None:
    wrong = events_input.wrong_with(target)
    if wrong:
        raise ValidationException(f"{wrong} for target {target.get('Id')}.")
    if not is_cluster(str(target.get("Arn"))):
        return
    for part in ("EcsParameters", "RoleArn"):
        if not target.get(part):
            raise ValidationException(f"Parameter(s) {part} must be specified for target: {target.get('Id')}.")


def is_cluster(arn: str) -> bool:
    """Whether an ARN is that of an ECS cluster."""
    return arn.startswith("arn:aws:ecs:") and ":cluster/" in arn


class LabScheduler(EventBridgeSchedulerBackend):  # type: ignore[misc]
    """EventBridge Scheduler of one account and region. ``changed`` are told the group and name of a schedule."""

    context: LabContext
    changed: list[Callable[[str, str], None]]

    @property
    def place(self) -> Place:
        """The account and region."""
        return Place(account=self.account_id, region=self.region_name)

    def create_schedule(self, **given: Any) -> Any:
        self.get_schedule_group(given.get("group_name"))
        self._check(given)
        schedule = super().create_schedule(**{**given, "start_date": None})
        schedule.start_date = given.get("start_date")
        schedule.creation_date = schedule.last_modified_date = self.context.now()
        self._tell(schedule)
        return schedule

    def update_schedule(self, **given: Any) -> Any:
        self.get_schedule(given.get("group_name"), given["name"])
        self._check(given)
        schedule = super().update_schedule(**given)
        schedule.state = schedule.state or "ENABLED"
        schedule.last_modified_date = self.context.now()
        self._tell(schedule)
        return schedule

    def delete_schedule(self, group_name: str | None, name: str) -> None:
        schedule = self.get_schedule(group_name, name)
        super().delete_schedule(group_name, name)
        self._tell(schedule)

    def _tell(self, schedule: Any) -> None:
        for listener in tuple(self.changed):
            listener(schedule.group_name, schedule.name)

    def _check(self, given: Mapping[str, Any]) -> None:
        problem = self._wrong_with(given)
        if problem:
            raise scheduler_errors.ValidationException(problem)

    def _wrong_with(self, given: Mapping[str, Any]) -> str:
        expression, target = str(given.get("schedule_expression") or ""), given.get("target") or {}
        try:
            schedules.read(expression, given.get("schedule_expression_timezone") or "UTC")
        except ValueError as wrong:
            return f"Invalid Schedule Expression {expression}. {wrong}"
        start, window = given.get("start_date"), given.get("flexible_time_window") or {}
        if start is not None and float(start) < self.context.now() - EARLIEST:
            return "The StartDate you specify cannot be earlier than 5 minutes ago."
        if window.get("Mode") == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
            return "MaximumWindowInMinutes is required for a FLEXIBLE time window; or use Mode OFF."
        if is_cluster(str(target.get("Arn"))) and not target.get("EcsParameters"):
            return "Parameter EcsParameters must be specified for an Amazon ECS target."
        return self._distrust(str(target.get("RoleArn") or ""), str(given.get("group_name") or "default"))

    def _distrust(self, role_arn: str, group: str) -> str:
        from ecslab.aws.iam import seeds, sessions

        seeds.ensure(self.place)
        try:
            sessions.trusting(
                self.place,
                self.context,
                role_arn=role_arn,
                service=SCHEDULER,
                source_arn=group_arn(self.place, group),
            )
        except sessions.AccessDenied as denied:
            words = " ".join(denied.sentences[:1])
            return (
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role. " + words
            ).strip()
        return ""


def group_arn(place: Place, group: str) -> str:
    """ARN of a schedule group: what a trust policy sees as aws:SourceArn."""
    return f"arn:aws:scheduler:{place.region}:{place.account}:schedule-group/{group}"


class _EventVerbs(EventsHandler):  # type: ignore[misc]
    """moto's responses with the verb it lacks."""

    def test_event_pattern(self) -> tuple[str, Any]:
        pattern = _checked_pattern(self._get_param("EventPattern"))
        try:
            event = json.loads(self._get_param("Event"))
        except ValueError:
            raise ValidationException("Parameter Event is not valid: it is not JSON. Send a whole event.") from None
        answer: tuple[str, Any] = self._create_response({"Result": events_pattern.matches(pattern, event)})
        return answer


class _SchedulerVerbs(EventBridgeSchedulerResponse):  # type: ignore[misc]
    """moto's responses; an update keeps what it says of the schedule's end."""

    def update_schedule(self) -> str:
        name = self.uri.split("?")[0].split("/")[-1]
        schedule = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        schedule.action_after_completion = self._get_param("ActionAfterCompletion")
        answer: str = super().update_schedule()
        return answer


def install(context: LabContext) -> None:
    """Put our EventBridge and Scheduler into moto for this lab; moto's backends are reset after it."""
    from moto.backends import get_backend
    from moto.events import urls
    from moto.scheduler import urls as scheduler_urls

    class BoundEvents(LabEvents):
        """The backend bound to this open lab."""

    class BoundScheduler(LabScheduler):
        """The backend bound to this open lab."""

    BoundEvents.__module__ = EventsBackend.__module__
    BoundScheduler.__module__ = EventBridgeSchedulerBackend.__module__
    BoundEvents.context, BoundEvents.rule_changed, BoundEvents.sent = context, [], []
    BoundScheduler.context, BoundScheduler.changed = context, []
    get_backend("events").backend = BoundEvents
    get_backend("scheduler").backend = BoundScheduler
    urls.url_paths["{0}/"] = _EventVerbs.dispatch
    scheduler_urls.url_paths.update(dict.fromkeys(scheduler_urls.url_paths, _SchedulerVerbs.dispatch))


def events(place: Place) -> LabEvents:
    """EventBridge of an account and region."""
    from moto.backends import get_backend

    found: LabEvents = get_backend("events")[place.account][place.region]
    return found


def scheduler(place: Place) -> LabScheduler:
    """EventBridge Scheduler of an account and region."""
    from moto.backends import get_backend

    found: LabScheduler = get_backend("scheduler")[place.account][place.region]
    return found


def archived(bridge: LabEvents, rule: Any, target: Mapping[str, Any], event: Json, at: float) -> bool:
    """Keep an event in the archive that a target of moto's own stands for; False where it stands for none."""
    if not str(target["Arn"]).endswith(":::"):
        return False
    for archive in bridge.archives.values():
        if archive.rule is not None and archive.rule.name == rule.name:
            archive.events.append({**event, "time": at, "ingestion-time": at})
    return True


def scheduled_event(place: Place, rule_arn: str, event_id: str, at: float) -> Json:
    """What the targets of a scheduled rule get."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": place.account,
        "time": seconds(at),
        "region": place.region,
        "resources": [rule_arn],
        "detail": {},
    }
