"""The timeline of a deployment: running tasks of the old and the new version against the bounds, stages, traffic.

Drawn by ours alone (``plot``), as HTML where HTML can be shown and as a table where not, with the same facts. It
fetches nothing. Invariant: it shows the data it was made of and never changes.
"""

from __future__ import annotations

import itertools
from typing import Any

from ecslab.client import plot
from ecslab.client.cards import clock, pill
from ecslab.client.html import Html, page, tag
from ecslab.client.plot import PLOT_STYLE, STRIP, Frame
from ecslab.client.transport import Json, Transport
from ecslab.timeline import iso

TALL, LOW = 140.0, 60.0
HEAD = 28.0
GOOD = ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "COMPLETED")
TONES = ("busy", "good", "warn")


class Rollout:
    """What ``lab.rollout`` gives. ``data`` is what it shows, as the server said it."""

    def __init__(self, data: Json) -> None:
        self.data = data

    def __repr__(self) -> str:
        return "\n".join(_lines(self.data))

    def _repr_html_(self) -> str:
        return page(Html(f"<style>{PLOT_STYLE}</style>"), tag("div", *_card(self.data), class_="card ecslab-chart"))


def rollout(transport: Transport, service: str, cluster: str | None) -> Rollout:
    """The timeline of a service's newest deployment. InvalidParameterException."""
    return Rollout(transport.get("rollout", service=service, cluster=cluster))


def _name(deployment: Json) -> str:
    return f"{deployment['definition']}{' (newest)' if deployment['newest'] else ''}"


def _now(deployment: Json) -> int:
    return int(deployment["steps"][-1][1])


def _total(data: Json) -> list[list[float]]:
    """All running tasks after each change."""
    counts: dict[str, float] = {}
    rows: list[list[float]] = []
    changes = sorted((at, d["id"], count) for d in data["deployments"] for at, count in d["steps"])
    for at, group in itertools.groupby(changes, key=lambda change: change[0]):
        counts.update({name: count for _, name, count in group})
        rows.append([at, sum(counts.values())])
    return rows


# HTML


def _card(data: Json) -> list[Html]:
    status = data["status"] or "no deployment"
    head = tag(
        "div",
        tag("span", f"Deployment of {data['service']}", class_="title"),
        pill(status, "good" if status in GOOD else "bad" if "FAIL" in status else "busy"),
        tag("span", f"{data['strategy']}, between {data['least']} and {data['most']} tasks", class_="soft small"),
        tag("span", f"lab time {iso(data['start'])[11:19]} to {iso(data['now'])[11:19]}", class_="soft small push"),
        class_="e-row",
    )
    told = [tag("li", clock(e["at"]), tag("span", e["message"])) for e in reversed(data["events"])]
    return [head, _drawing(data), tag("ol", *told, class_="events", aria_label="service events, newest first")]


def _drawing(data: Json) -> Html:
    parts: list[Html] = []
    total = _total(data)
    top = max([data["most"], *(count for _, count in total)])
    frame = Frame(
        start=data["start"], end=data["end"], top=HEAD, height=TALL, high=max(4.0, 4.0 * -(-(top + 0.5) // 4))
    )
    parts.append(plot.axis(frame, "RUNNING tasks"))
    labels = []
    for name, value in (("at most", data["most"]), ("at least", data["least"])):
        parts.append(plot.rule(frame, value, "idle", f"{name} {value}"))
        labels.append((float(value), f"{name} {value}", "idle"))
    parts.append(plot.steps(frame, total, "ink", area=False, kind="dashed"))
    for deployment, tone in zip(data["deployments"], itertools.cycle(TONES), strict=False):
        parts.append(plot.steps(frame, deployment["steps"], tone))
        labels.append((float(_now(deployment)), f"{_now(deployment)} {_name(deployment)}", tone))
    parts.append(plot.beside(frame, labels))
    below = frame.bottom
    if data["stages"]:
        below = _draw_stages(data, parts, below)
    if any(row["production"] for row in data["traffic"]):
        below = _draw_traffic(data, parts, below)
    parts.append(plot.hours(Frame(start=data["start"], end=data["end"], top=below + 4, height=0, high=1)))
    return plot.drawing(below + 28, parts, "; ".join(_lines(data)))


def _draw_stages(data: Json, parts: list[Html], below: float) -> float:
    frame = Frame(start=data["start"], end=data["end"], top=below + 8, height=STRIP, high=1)
    for row, tone in zip(data["stages"], itertools.cycle(("busy", "idle")), strict=False):
        said = row["stage"].replace("_", " ").lower()
        parts.append(plot.band(frame, (row["start"], row["end"]), tone, kind="strip", said=said))
    parts.append(plot.strip_name(frame, "lifecycle stage"))
    return frame.bottom


def _draw_traffic(data: Json, parts: list[Html], below: float) -> float:
    frame = Frame(start=data["start"], end=data["end"], top=below + HEAD, height=LOW, high=100)
    parts.append(plot.axis(frame, "Production traffic", "%"))
    labels = []
    for deployment, tone in zip(data["deployments"], itertools.cycle(TONES), strict=False):
        known = deployment["id"]
        shares = [(row["at"], row["production"].get(known)) for row in data["traffic"]]
        rows = [(at, share) for at, share in shares if share is not None]
        if rows:
            parts.append(plot.steps(frame, rows, tone, area=False))
            labels.append((float(rows[-1][1]), f"{rows[-1][1]:g} % {deployment['definition']}", tone))
    parts.append(plot.beside(frame, labels))
    return frame.bottom


# text


def _lines(data: Json) -> list[str]:
    bounds = f"between {data['least']} and {data['most']} tasks"
    lines = [f"deployment of {data['service']}: {data['status'] or 'none'}, {data['strategy']}, {bounds}"]
    for deployment in data["deployments"]:
        steps = " ".join(f"{iso(at)[11:19]}→{count:g}" for at, count in deployment["steps"][-8:])
        lines.append(f"  {_name(deployment)}: {_now(deployment)} running ({steps})")
    lines += [f"  {iso(row['start'])[11:19]} {row['stage']}" for row in data["stages"]]
    lines += [f"  {iso(row['at'])[11:19]} traffic {_shares(data, row)}" for row in data["traffic"] if row["production"]]
    return lines + [f"  {iso(e['at'])[11:19]} {e['message']}" for e in data["events"]]


def _shares(data: Json, row: dict[str, Any]) -> str:
    names = {d["id"]: d["definition"] for d in data["deployments"]}
    told = ((names.get(known, known), share) for known, share in row["production"].items() if share is not None)
    return ", ".join(f"{name} {share:g} %" for name, share in told)
