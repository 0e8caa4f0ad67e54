"""The lab's minute: at every whole minute of lab time metrics are taken, then alarms judged, then services scaled.

It only keeps the order. Invariant: what is judged in a minute includes the datapoint of the minute that has just ended.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.alarm_actions import AlarmActions
from ecslab.aws.autoscaling import responses
from ecslab.control.alarms import Alarms
from ecslab.control.fleet import Fleet
from ecslab.control.metrics import Metrics
from ecslab.control.scaling import Scaling
from ecslab.control.schedules import Schedules
from ecslab.timeline import Handle

MINUTE = 60.0


class Minute:
    """The once-a-minute loops of one lab."""

    def __init__(self, backend: Any, fleet: Fleet) -> None:
        context, place = backend.context, backend.place
        registry = self.registry = responses.install(context, place, backend)
        self._timeline = context.timeline
        self.metrics = Metrics(backend, fleet)
        self._alarms = Alarms(place)
        self._scaling = Scaling(backend, registry)
        self._schedules = Schedules(backend, registry, self._scaling)
        self._next: Handle | None = None
        actions = AlarmActions(place, context, self._is_policy)
        cloudwatch.backend(place).listeners.append(actions.heard)

    def _is_policy(self, arn: str) -> bool:
        return any(policy.arn == arn for policy in self.registry.policies.values())

    def start(self) -> None:
        """Begin at the next whole minute."""
        now = self._timeline.now()
        self._next = self._timeline.call_at(now - now % MINUTE + MINUTE, self._strike)

    def stop(self) -> None:
        """Strike no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _strike(self) -> None:
        self.start()
        now = self._timeline.now()
        self.metrics.take(now - now % MINUTE, self._act)

    def _act(self, now: float) -> None:
        if self._next is None:
            return
        self._alarms.tick(now)
        self._schedules.tick(now)
        self._scaling.tick(now)
