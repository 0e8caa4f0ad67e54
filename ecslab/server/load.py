"""The lab's own routes for loads: put one on a service, look at them, stop them.

It reads requests and tells counts; what a load does is ``control.load``'s. Invariant: a load is put on one ACTIVE
service, named without doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.control.load import Load, Wish, steps_of
from ecslab.errors import InvalidParameterException
from ecslab.model.service import Service
from ecslab.model.status import ServiceStatus
from ecslab.server.openlab import OpenLab
from ecslab.timeline import VirtualTimeline

Json = dict[str, Any]
COST = 0.05
"""vCPU-seconds of a request, where nothing else is said."""


def start(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Put a load on ``service``: ``rps``, or ``pattern`` of (minute, rps); ``cost``, ``minutes``.

    InvalidParameterException.
    """
    rps, pattern = request.get("rps"), request.get("pattern")
    if (rps is None) == (pattern is None):
        raise InvalidParameterException(
            "Give either rps, requests a second, or a pattern of (minute, rps): rps=40, or pattern=[(0, 10), (5, 80)]."
        )
    minutes = request.get("minutes")
    wish = Wish(
        steps=steps_of(rps, pattern),
        cost=_number(request, "cost", COST),
        seconds=None if minutes is None else 60 * _number(request, "minutes", 0.0),
    )
    with lab.timeline.lock:
        found = lab.loads.start(service_of(lab, request), wish)
        if isinstance(lab.timeline, VirtualTimeline):
            lab.timeline.advance(0)
        return told(lab, found)


def stop(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Stop the load named ``load``, or all; those that were stopped now. InvalidParameterException."""
    with lab.timeline.lock:
        return {"loads": [told(lab, load) for load in lab.loads.stop(str(request.get("load") or ""))]}


def loads(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Every load of the lab, oldest first; with ``load`` that one only. InvalidParameterException."""
    wanted = str(request.get("load") or "")
    with lab.timeline.lock:
        found = [load for load in lab.loads.all() if wanted in ("", load.load_id)]
        if wanted and not found:
            raise InvalidParameterException(f"There is no load '{wanted}'. It ended with a reset of the lab?")
        return {"loads": [told(lab, load) for load in found]}


def service_of(lab: OpenLab, request: Mapping[str, Any]) -> Service:
    """The service named by ``service`` (name or ARN) and, where two have that name, ``cluster``.

    InvalidParameterException. Callers hold the lock.
    """
    name, cluster = str(request.get("service") or ""), str(request.get("cluster") or "").rsplit("/", 1)[-1]
    known: list[Service] = [s for s in lab.backend.store.services() if s.status is ServiceStatus.ACTIVE]
    found = [s for s in known if name in (s.service_name, s.service_arn) and cluster in ("", s.cluster_name)]
    if len(found) == 1:
        return found[0]
    if found:
        clusters = ", ".join(s.cluster_name for s in found)
        raise InvalidParameterException(f"Services named '{name}' are in the clusters {clusters}. Say which: cluster=…")
    there = ", ".join(f"{s.service_name} in {s.cluster_name}" for s in known) or "none"
    raise InvalidParameterException(f"There is no ACTIVE service '{name}'. Services: {there}.")


def told(lab: OpenLab, load: Load) -> Json:
    """A load as JSON; times in lab time, latencies in real seconds (None where nothing real was sent)."""
    tally, wish = load.tally, load.wish
    return {
        "load": load.load_id,
        "service": load.service,
        "cluster": load.cluster,
        "running": load.stopped_at is None,
        "rps": load.rps,
        "cost": wish.cost,
        "demand": load.demand,
        "steps": [[at, rps] for at, rps in wish.steps],
        "seconds": wish.seconds,
        "started_at": load.started_at,
        "stopped_at": load.stopped_at,
        "now": lab.timeline.now(),
        "requests": round(tally.requests),
        "failures": round(tally.failures),
        "p50": tally.p50,
        "p95": tally.p95,
        "problem": tally.problem or _short(load),
    }


def _short(load: Load) -> str:
    """On the simulated runtime: why not all that is asked is done."""
    if load.generator is not None or load.stopped_at is not None or not load.rps or load.served >= 1:
        return ""
    if load.served <= 0:
        return "no task of the service is RUNNING"
    return f"the tasks can do {load.served:.0%} of what is asked"


def _number(request: Mapping[str, Any], name: str, default: float) -> float:
    value = request.get(name)
    try:
        return default if value is None else float(value)
    except (TypeError, ValueError):
        raise InvalidParameterException(f"{name} is a number; it is {value!r}.") from None
