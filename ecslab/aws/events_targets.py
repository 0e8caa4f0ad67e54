"""Where events go: ECS tasks, SQS queues, SNS topics, CloudWatch Logs groups and other event buses.

It delivers one text to one target and raises NotDelivered with the reason where it cannot. Invariants: a target is
tried once (AWS tries again for a day what may yet work; here nothing comes and goes by itself); nothing is said to be
delivered that was not. Sources: EventBridge User Guide, "Amazon EventBridge targets", "Using dead-letter queues" and
"Using resource-based policies" (the policies of queues and topics are asked while the lab enforces IAM).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecslab.aws.events import Json
from ecslab.aws.events_backend import SCHEDULER, events, is_cluster
from ecslab.aws.events_run import NO_PERMISSIONS, NotDelivered, Sender, may, run

NO_RESOURCE = "NO_RESOURCE"
OUTSIDE = ("http", "https", "lambda")
"""Protocols of subscriptions that moto serves by really calling something."""


def send(sender: Sender, target: Mapping[str, Any], text: str) -> str:
    """Deliver a text to a target; in a few words, what has come of it. NotDelivered."""
    arn = str(target["Arn"])
    if is_cluster(arn):
        tasks = run(sender, target, text)
        return "ran " + " ".join(f"(task {task.task_id})" for task in tasks)
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    match service:
        case "sqs":
            return _queue(sender, target, text)
        case "sns":
            return _topic(sender, target, text)
        case "logs":
            return _logs(sender, target, text)
        case "events" if "event-bus/" in parts[5]:
            return _bus(sender, target, text)
    raise NotDelivered(
        f"This lab delivers to ECS tasks, SQS queues, SNS topics, CloudWatch Logs groups and event buses; {arn} is "
        "none of them.",
        "SDK_CLIENT_ERROR",
    )


def _allowed(sender: Sender, target: Mapping[str, Any], service: str, operation: str, params: Json) -> None:
    """A schedule has a role for everything; a rule relies on the policy of the queue or topic."""
    arn = str(target["Arn"])
    if sender.service == SCHEDULER:
        may(sender, str(target.get("RoleArn") or ""), service, operation, params)
    elif sender.asks_policies and not _lets_in(sender, service, operation, arn):
        raise NotDelivered(
            f"{arn} has no policy that lets {sender.service} do {service}:{operation} for {sender.source_arn}. Add one "
            f'with "Principal": {{"Service": "{sender.service}"}}.',
            NO_PERMISSIONS,
        )


def _lets_in(sender: Sender, service: str, operation: str, arn: str) -> bool:
    from ecslab.aws.iam.bearing import policies_on
    from ecslab.policy import Ask, decide

    keys = {"aws:SourceArn": (sender.source_arn,), "aws:SourceAccount": (sender.place.account,)}
    ask = Ask(principal=sender.service, action=f"{service}:{operation}", resource=arn, context=keys)
    return decide(ask, identity=(), resource=policies_on(service, arn, sender.place)).allowed


def _queue(sender: Sender, target: Mapping[str, Any], text: str) -> str:
    arn = str(target["Arn"])
    queues = _backend("sqs", arn)
    name = arn.rsplit(":", 1)[-1]
    if name not in queues.queues:
        raise NotDelivered(f"There is no queue {arn}.", NO_RESOURCE)
    _allowed(sender, target, "sqs", "SendMessage", {"QueueUrl": name})
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    try:
        queues.send_message(name, text, group_id=group)
    except Exception as refused:  # moto's own errors: a FIFO queue without deduplication, a message too long
        raise NotDelivered(str(getattr(refused, "message", "") or refused), "SDK_CLIENT_ERROR") from None
    return f"sent to queue {name}"


def _topic(sender: Sender, target: Mapping[str, Any], text: str) -> str:
    arn = str(target["Arn"])
    topics = _backend("sns", arn)
    if arn not in topics.topics:
        raise NotDelivered(f"There is no topic {arn}.", NO_RESOURCE)
    _allowed(sender, target, "sns", "Publish", {"TopicArn": arn})

    def publish() -> None:
        topics.publish(text, arn=arn)

    if any(s.protocol in OUTSIDE for s in topics.subscriptions.values() if s.topic.arn == arn):
        sender.context.timeline.offload(publish, lambda result, error: _after(sender, arn, error))
        return f"published to topic {arn.rsplit(':', 1)[-1]}"
    try:
        publish()
    except Exception as refused:  # a subscriber's queue that is gone, a message too long
        raise NotDelivered(str(getattr(refused, "message", "") or refused), "SDK_CLIENT_ERROR") from None
    return f"published to topic {arn.rsplit(':', 1)[-1]}"


def _after(sender: Sender, arn: str, error: BaseException | None) -> None:
    if error is not None:
        text = f"a subscriber of topic {arn} could not be reached: {error}"
        sender.context.journal.record("event.failed", sender.source_arn, text, target=arn, error=str(error))


def _logs(sender: Sender, target: Mapping[str, Any], text: str) -> str:
    arn = str(target["Arn"]).removesuffix(":*")
    group = arn.split(":log-group:", 1)[-1]
    known = _backend("logs", arn)
    if group not in known.groups:
        raise NotDelivered(
            f"There is no log group {group}. Create it (aws logs create-log-group --log-group-name {group}).",
            NO_RESOURCE,
        )
    streams = events(sender.place).streams
    stream = streams.setdefault(f"{sender.source_arn} {target.get('Id', '')}", sender.context.uuid())
    known.ensure_log_stream(group, stream)
    line = {"timestamp": int(sender.context.now() * 1000), "message": text}
    known.groups[group].put_log_events(stream, [line])
    return f"written to log group {group}"


def _bus(sender: Sender, target: Mapping[str, Any], text: str) -> str:
    """Another bus gets the event as it is; a schedule says what source and type its own has."""
    bus, given = str(target["Arn"]), target.get("EventBridgeParameters")
    event = json.loads(text) if text.lstrip().startswith("{") else {}
    entry = {
        "Source": given["Source"] if given else event.get("source"),
        "DetailType": given["DetailType"] if given else event.get("detail-type"),
        "Detail": text if given else json.dumps(event.get("detail") or {}),
    }
    _allowed(sender, target, "events", "PutEvents", {"Entries": [entry]})
    backend = _backend("events", bus)
    name = bus.rsplit("/", 1)[-1]
    if name not in backend.event_buses:
        raise NotDelivered(f"There is no event bus {bus}.", NO_RESOURCE)
    if given:
        answer = backend.put_events([{**entry, "EventBusName": name}])[0]
        if "ErrorCode" in answer:
            raise NotDelivered(answer["ErrorMessage"], answer["ErrorCode"])
    else:
        for listener in tuple(backend.sent):
            listener(name, event)
    return f"sent to event bus {name}"


def bury(sender: Sender, target: Mapping[str, Any], text: str, failure: NotDelivered) -> bool:
    """Send what was not delivered to the target's dead-letter queue; False where it has none that takes it."""
    arn = str((target.get("DeadLetterConfig") or {}).get("Arn") or "")
    name = arn.rsplit(":", 1)[-1]
    if not arn.startswith("arn:aws:sqs:") or name not in _backend("sqs", arn).queues:
        return False
    told = {
        "RULE_ARN": sender.source_arn,
        "TARGET_ARN": str(target["Arn"]),
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message,
    }
    attributes = {key: {"DataType": "String", "StringValue": value} for key, value in told.items()}
    _backend("sqs", arn).send_message(name, text, message_attributes=attributes)
    return True


def _backend(service: str, arn: str) -> Any:
    """moto's backend of the account and region that an ARN names. NotDelivered where it names none."""
    from moto.backends import get_backend

    parts = arn.split(":")
    if len(parts) < 6 or not parts[3] or not parts[4]:
        raise NotDelivered(f"{arn} is not the ARN of something that can get events.", "SDK_CLIENT_ERROR")
    return get_backend(service)[parts[4]][parts[3]]
