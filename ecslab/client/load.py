"""A load as a learner holds it: how many requests, how many failed, and ``stop()``.

It sends nothing itself (the server does). Invariant: whatever it shows was asked of the server when it was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from ecslab.client.cards import clock, pill, table
from ecslab.client.html import Html, page, tag
from ecslab.client.transport import Json, Transport
from ecslab.timeline import iso

Pattern = Sequence[tuple[float, float]]
"""(minute from the start, requests a second from then on), in order."""


class Load:
    """One load on a service. ``stop()`` ends it; in a ``with`` block it ends with the block."""

    def __init__(self, transport: Transport, said: Json) -> None:
        self._transport = transport
        self._said = said

    @property
    def id(self) -> str:
        """Its name in the lab, for example load-1."""
        return str(self._said["load"])

    @property
    def running(self) -> bool:
        """Whether requests are still being sent."""
        return bool(self._now()["running"])

    @property
    def rps(self) -> float:
        """Requests a second at this moment."""
        return float(self._now()["rps"])

    @property
    def requests(self) -> int:
        """Requests so far."""
        return int(self._now()["requests"])

    @property
    def failures(self) -> int:
        """Requests so far that nobody answered, or answered badly."""
        return int(self._now()["failures"])

    def stop(self) -> Load:
        """End the load; harmless when it has ended already."""
        self._transport.post("loads/stop", load=self.id)
        return self

    def __enter__(self) -> Load:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _now(self) -> Json:
        """What the server says now; a load that has ended stays as it was then."""
        if self._said["running"]:
            self._said = self._transport.get("loads", load=self.id)["loads"][0]
        return self._said

    def __repr__(self) -> str:
        return _line(self._now())

    def _repr_html_(self) -> str:
        return page(_card(self._now()))


class Loads(list[Load]):
    """Every load of the lab, oldest first."""

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "(no load was put on a service)"

    def _repr_html_(self) -> str:
        if not self:
            return page(tag("div", "No load was put on a service.", class_="soft"))
        return page(*(_card(load._now()) for load in self))


def start_load(transport: Transport, service: str, cluster: str | None, wish: Json) -> Load:
    """Put a load on a service. InvalidParameterException."""
    return Load(transport, transport.post("loads", service=service, cluster=cluster, **wish))


def every_load(transport: Transport) -> Loads:
    """The loads of the lab."""
    return Loads(Load(transport, said) for said in transport.get("loads")["loads"])


def _rate(said: Json) -> str:
    return f"{said['rps']:g} requests a second × {said['cost']:g} vCPU-seconds = {said['demand']:.2f} vCPUs"


def _counts(said: Json) -> str:
    return f"{said['requests']} requests, {said['failures']} failed"


def _latency(said: Json) -> str:
    if said["p50"] is None:
        return ""
    return f"half within {1000 * said['p50']:.0f} ms, 95% within {1000 * said['p95']:.0f} ms"


def _plan(said: Json) -> str:
    """The steps to come and those that were, where there is more than one."""
    if len(said["steps"]) == 1:
        return ""
    return ", ".join(f"{rps:g} from minute {at / 60:g}" for at, rps in said["steps"])


def _line(said: Json) -> str:
    state = _rate(said) if said["running"] else f"ended at {iso(said['stopped_at'])[11:19]}"
    parts = [_counts(said), _latency(said), said["problem"]]
    return f"{said['load']} on {said['service']}: {state}; {'; '.join(part for part in parts if part)}"


def _card(said: Json) -> Html:
    running = bool(said["running"])
    head = tag(
        "div",
        tag("span", f"Load on {said['service']}", class_="title"),
        pill("running" if running else "ended", "good" if running else "idle"),
        tag("span", said["load"], class_="soft small"),
        tag("span", "since ", clock(said["started_at"]), class_="soft small push"),
        class_="e-row",
    )
    rows: list[tuple[Any, Any]] = [("now", _rate(said) if running else "nothing"), ("so far", _counts(said))]
    rows += [(name, words) for name, words in (("pattern", _plan(said)), ("answered", _latency(said))) if words]
    trouble = tag("div", said["problem"], class_="note warn") if said["problem"] and said["failures"] else ""
    return tag("div", head, table(rows), trouble, class_="card")
