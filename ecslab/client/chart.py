"""A service's chart: load, metrics against their targets, alarms, counts, cooldowns, and what scaling did.

Drawn by ours alone (``plot``), as HTML where HTML can be shown and as a table of sparklines (``sparkline``) where not,
with the same facts. It fetches nothing. Invariant: a chart shows the data it was made of and never changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ecslab.client import plot, sparkline
from ecslab.client.cards import clock, pill
from ecslab.client.html import Html, join, page, tag
from ecslab.client.plot import PLOT_STYLE, STRIP, Frame
from ecslab.client.transport import Json, Transport
from ecslab.timeline import iso

TALL, MIDDLE, LOW = 130.0, 90.0, 44.0
"""Heights of a metric, of the counts, and of the load."""
HEAD, GAP = 28.0, 12.0
STATES = {"OK": "good", "INSUFFICIENT_DATA": "idle"}
MOST_TOLD = 8
MARK = 26.0
"""Width of the mark of a scaling activity; nearer ones stand above each other."""


class Chart:
    """What ``lab.chart`` gives. ``data`` is what it shows, as the server said it."""

    def __init__(self, data: Json) -> None:
        self.data = data

    def __repr__(self) -> str:
        return sparkline.table(self.data)

    def _repr_html_(self) -> str:
        return page(Html(f"<style>{PLOT_STYLE}</style>"), tag("div", *_card(self.data), class_="card ecslab-chart"))


def chart(transport: Transport, service: str, cluster: str | None, minutes: float | None) -> Chart:
    """The chart of a service over the last ``minutes`` of lab time (None: an hour). InvalidParameterException."""
    return Chart(transport.get("scaling", service=service, cluster=cluster, minutes=minutes))


def _card(data: Json) -> list[Html]:
    desired, running = data["counts"]["desired"][-1][1], data["counts"]["running"][-1][1]
    head = tag(
        "div",
        tag("span", f"Service {data['service']}", class_="title"),
        pill(f"{running:g} of {desired:g} running", "good" if running == desired else "busy"),
        *(pill(alarm["label"] + " in ALARM", _alarm_tone(alarm)) for alarm in _alarms(data) if _rings(alarm)),
        tag("span", f"lab time {iso(data['start'])[11:16]} to {iso(data['now'])[11:19]}", class_="soft small push"),
        class_="e-row",
    )
    return [head, _notes(data), _drawing(data), _told(data)]


def _alarms(data: Json) -> list[Json]:
    return [alarm for metric in data["metrics"] for alarm in metric["alarms"]]


def _rings(alarm: Json) -> bool:
    return bool(alarm["state"] == "ALARM")


def _alarm_tone(alarm: Json) -> str:
    return "warn" if alarm["comparison"].startswith("Less") else "bad"


def _notes(data: Json) -> Html:
    """What cannot be seen in a line: that there is none."""
    silent = [m["name"] for m in data["metrics"] if all(value is None for _, value in m["points"])]
    if not silent:
        return Html("")
    said = f"No datapoint of {' and '.join(silent)} yet. Metrics are published once a lab minute, while tasks run."
    return tag("div", said, class_="note idle small")


# the drawing


class _Page:
    """Frames put below each other."""

    def __init__(self, data: Json) -> None:
        self.data = data
        self.parts: list[Html] = []
        self.below = 0.0

    def frame(self, height: float, high: float = 1.0, *, head: float = HEAD) -> Frame:
        """The next frame down the page."""
        top = self.below + head
        self.below = top + height
        return Frame(start=self.data["start"], end=self.data["end"], top=top, height=height, high=high)


def _drawing(data: Json) -> Html:
    sheet = _Page(data)
    if data["loads"]:
        _draw_load(sheet)
    for metrics in _panels(data):
        _draw_metrics(sheet, metrics)
        for alarm in (alarm for metric in metrics for alarm in metric["alarms"]):
            _draw_alarm(sheet, alarm)
    _draw_counts(sheet)
    if data["cooldowns"]:
        _draw_cooldowns(sheet)
    sheet.parts.append(plot.hours(sheet.frame(0, head=4)))
    return plot.drawing(sheet.below + 24, sheet.parts, sparkline.sentence(data))


def _panels(data: Json) -> list[list[Json]]:
    """CPU and memory share a frame where nobody watches them; every other metric has its own."""
    metrics = data["metrics"]
    watched = any(metric["alarms"] or metric["policies"] for metric in metrics)
    return [[metric] for metric in metrics] if watched else [list(metrics)]


def _draw_load(sheet: _Page) -> None:
    rows = sparkline.total(sheet.data["loads"], sheet.data["start"])
    frame = sheet.frame(LOW, plot.highest(rate for _, rate in rows))
    sheet.parts += [
        plot.axis(frame, "Requests a second"),
        plot.steps(frame, rows, "ink"),
        plot.beside(frame, [(rows[-1][1], f"now {rows[-1][1]:g}", "ink")]),
    ]


def _draw_metrics(sheet: _Page, metrics: Sequence[Json]) -> None:
    unit = "%" if all(metric["percent"] for metric in metrics) else ""
    limits = [limit for metric in metrics for limit in _limits(metric)]
    values = [value for metric in metrics for _, value in metric["points"]]
    frame = sheet.frame(TALL, plot.highest([*values, *(value for value, _, _ in limits)]))
    name = f"{' and '.join(metric['name'] for metric in metrics)}, {metrics[0]['statistic']}"
    sheet.parts.append(plot.axis(frame, name, unit))
    for alarm in (alarm for metric in metrics for alarm in metric["alarms"]):
        tone = _alarm_tone(alarm)
        sheet.parts += [plot.band(frame, (a, b), tone) for a, b, state in alarm["spans"] if state == "ALARM"]
    sheet.parts += [plot.rule(frame, value, tone, said) for value, said, tone in limits]
    labels = list(limits)
    for metric, tone in zip(metrics, itertools.cycle(("busy", "good")), strict=False):
        half = sheet.data["period"] / 2
        sheet.parts.append(plot.curve(frame, [(at + half, value) for at, value in metric["points"]], tone))
        last = next((value for _, value in reversed(metric["points"]) if value is not None), None)
        if last is not None:
            which = f"{metric['name'].removesuffix('Utilization')} " if len(metrics) > 1 else "now "
            labels.append((last, f"{which}{last:.4g}{unit}", tone))
    sheet.parts.append(plot.beside(frame, labels))


def _limits(metric: Json) -> list[tuple[float, str, str]]:
    """(value, words, tone) of the targets and of the thresholds that are not at a target."""
    targets = [(p["target"], f"target {p['target']:g} ({p['name']})", "ink") for p in metric["policies"] if p["target"]]
    known = {value for value, _, _ in targets}
    others = [
        (alarm["threshold"], f"{alarm['label']} {alarm['threshold']:g}", _alarm_tone(alarm))
        for alarm in metric["alarms"]
        if alarm["threshold"] not in known
    ]
    return [*targets, *others]


def _draw_alarm(sheet: _Page, alarm: Json) -> None:
    frame = sheet.frame(STRIP, head=5)
    for start, end, state in alarm["spans"]:
        tone = STATES.get(state) or _alarm_tone(alarm)
        sheet.parts.append(plot.band(frame, (start, end), tone, kind="strip", said=state))
    sheet.parts.append(plot.strip_name(frame, alarm["label"]))


def _draw_counts(sheet: _Page) -> None:
    counts, limits = sheet.data["counts"], sheet.data["limits"]
    tops = [row[1] for rows in counts.values() for row in rows] + ([limits["most"]] if limits else [])
    frame = sheet.frame(MIDDLE, max(4.0, 4.0 * -(-(max(tops) + 0.5) // 4)), head=HEAD + GAP)
    sheet.parts.append(plot.axis(frame, "Tasks"))
    labels = [(rows[-1][1], f"{name} {rows[-1][1]:g}", _COUNT_TONES[name]) for name, rows in counts.items()]
    if limits:
        for name, value in (("maximum", limits["most"]), ("minimum", limits["least"])):
            sheet.parts.append(plot.rule(frame, value, "idle", f"{name} {value}"))
            labels.append((value, f"{name} {value}", "idle"))
    sheet.parts += [
        plot.steps(frame, counts["running"], "good"),
        plot.steps(frame, counts["desired"], "ink", area=False, kind="dashed"),
        plot.beside(frame, labels),
    ]
    level, before = 0, 0.0
    for activity in sheet.data["activities"]:
        if activity["count"] is not None:
            x = frame.x(activity["at"])
            level = (level + 1) % 2 if x - before < MARK else 0
            before = x
            sheet.parts += _mark(frame, activity, level)


_COUNT_TONES = {"desired": "ink", "running": "good"}
_WAYS = {"out": "▲", "in": "▼"}


def _mark(frame: Frame, activity: Json, level: int) -> list[Html]:
    said = f"{_WAYS.get(activity['direction'], '●')}{activity['count']}"
    title = f"{iso(activity['at'])[11:19]} {activity['text']} {activity['cause']}"
    return [
        plot.moment(activity["at"], frame, title),
        plot.words(frame.x(activity["at"]), frame.top - 4 - 12 * level, said, kind="tone ink", anchor="middle"),
    ]


def _draw_cooldowns(sheet: _Page) -> None:
    frame = sheet.frame(STRIP, head=5)
    for row in sheet.data["cooldowns"]:
        tone = "busy" if row["direction"] == "out" else "warn"
        span = (row["start"], min(row["end"], sheet.data["end"]))
        sheet.parts.append(plot.band(frame, span, tone, kind="strip", said=row["direction"]))
    sheet.parts.append(plot.strip_name(frame, "cooldown after"))


# what happened, in words


def _told(data: Json) -> Html:
    activities = data["activities"][::-1]
    if not activities:
        return tag("div", "No scaling activity in this time.", class_="soft small")
    lines = [
        tag("li", clock(a["at"]), tag("span", f"{_WAYS.get(a['direction'], '·')} {sparkline.told(data, a)}"))
        for a in activities[:MOST_TOLD]
    ]
    more = len(activities) - len(lines)
    rest = tag("div", f"… and {more} before these", class_="soft small") if more else ""
    return join([tag("ol", *lines, class_="events", aria_label="scaling activities, newest first"), rest])
