"""A chart's facts as plain text: one row of small bars for each series, for terminals and for who cannot see a drawing.

Pure functions from the server's data. Invariant: every fact that the drawing shows is here in words or marks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from ecslab.client.transport import Json
from ecslab.timeline import iso

BARS = "▁▂▃▄▅▆▇█"
MARKS = {"OK": "·", "ALARM": "A", "INSUFFICIENT_DATA": "?"}
COLUMNS = 60
MOST_TOLD = 12
Cell = Callable[[float, float], str]
"""From a column's (start, end) its one mark."""


def table(data: Json) -> str:
    """The chart as rows of text."""
    columns = _columns(data)
    step = columns[0][1] - columns[0][0]
    each = f"{step / 60:g} minute{'s' if step > 60 else ''}" if step % 60 == 0 else f"{step:g} seconds"
    head = f"service {data['service']}, lab time {_hm(data['start'])} to {_hm(data['now'])}, one column is {each}"
    rows: list[tuple[str, str, str]] = []
    if data["loads"]:
        rates = total(data["loads"], data["start"])
        rows.append(("requests/s", _bars(columns, rates), f"now {rates[-1][1]:g}"))
    for metric in data["metrics"]:
        rows += _metric(metric, columns)
    rows += _counts(data, columns)
    if data["cooldowns"]:
        marks = _marks(columns, lambda a, b: _cooling(data["cooldowns"], a, b))
        rows.append(("cooldown", marks, "o after a scale-out, i after a scale-in"))
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{name:<{width}}  {marks}  {said}".rstrip() for name, marks, said in rows]
    told_ = [f"{iso(a['at'])[11:19]}  {told(data, a)}" for a in data["activities"][-MOST_TOLD:]]
    return "\n".join([head, *lines, *(told_ or ["No scaling activity in this time."])])


def sentence(data: Json) -> str:
    """The chart in one sentence."""
    parts = [f"service {data['service']} wants {_last(data['counts']['desired']):g} tasks"]
    parts.append(f"{_last(data['counts']['running']):g} are RUNNING")
    for metric in data["metrics"]:
        parts.append(f"{metric['name']} is {_now(metric)}")
        parts += [f"alarm {alarm['label']} is {alarm['state']}" for alarm in metric["alarms"]]
    return ", ".join(parts)


def told(data: Json, activity: Json) -> str:
    """A scaling activity in words, with the short name of the alarm behind it."""
    cause = str(activity["cause"])
    for alarm in (alarm for metric in data["metrics"] for alarm in metric["alarms"]):
        cause = cause.replace(alarm["name"], alarm["label"])
    return f"{activity['text']} {cause}".strip()


def total(loads: Sequence[Json], start: float) -> list[list[float]]:
    """(lab time, requests a second from then on) of all loads together."""
    times = sorted({start, *(at for load in loads for at, _ in load["steps"])})
    return [[at, sum(_held(load["steps"], at) for load in loads)] for at in times]


def _held(steps: Iterable[Sequence[float]], at: float) -> float:
    """The value of the step that holds at a time."""
    found = 0.0
    for when, value in steps:
        if when <= at:
            found = value
    return found


def _columns(data: Json) -> list[tuple[float, float]]:
    period, start, end = float(data["period"]), float(data["start"]), float(data["end"])
    periods = max(1, math.ceil((end - start) / period))
    step = period * math.ceil(periods / COLUMNS)
    return [(start + n * step, start + (n + 1) * step) for n in range(math.ceil((end - start) / step) or 1)]


def _marks(columns: Sequence[tuple[float, float]], cell: Cell) -> str:
    return "".join(cell(start, end) for start, end in columns)


def _bar(value: float | None, high: float) -> str:
    if value is None:
        return " "
    return BARS[min(len(BARS) - 1, int(value / high * len(BARS)))] if high > 0 else BARS[0]


def _bars(columns: Sequence[tuple[float, float]], steps: Sequence[Sequence[float]], high: float = 0.0) -> str:
    """Of a series that stays at each value until the next: the highest in each column."""
    high = high or max(value for _, value in steps)

    def cell(start: float, end: float) -> str:
        return _bar(max([_held(steps, start), *(value for at, value in steps if start < at < end)]), high)

    return _marks(columns, cell)


def _metric(metric: Json, columns: Sequence[tuple[float, float]]) -> list[tuple[str, str, str]]:
    points = [(at, value) for at, value in metric["points"] if value is not None]
    targets = [policy["target"] for policy in metric["policies"] if policy["target"]]
    thresholds = [alarm["threshold"] for alarm in metric["alarms"]]
    whole = 100.0 if metric["percent"] else 0.0
    high = max([whole, *(value for _, value in points), *targets, *thresholds])

    def cell(start: float, end: float) -> str:
        return _bar(max((value for at, value in points if start <= at < end), default=None), high)

    wanted = "".join(f", target {p['target']:g} (policy {p['name']})" for p in metric["policies"] if p["target"])
    rows = [(metric["name"], _marks(columns, cell), f"now {_now(metric)}{wanted}")]
    for alarm in metric["alarms"]:
        marks = _marks(columns, lambda a, b, alarm=alarm: _state(alarm["spans"], a, b))  # type: ignore[misc]
        sign = "<" if alarm["comparison"].startswith("Less") else ">"
        rows.append((f"  {alarm['label']}", marks, f"now {alarm['state']} (A is ALARM: {sign} {alarm['threshold']:g})"))
    return rows


def _now(metric: Json) -> str:
    last = next((value for _, value in reversed(metric["points"]) if value is not None), None)
    return "without a datapoint" if last is None else f"{last:.4g}{'%' if metric['percent'] else ''}"


def _state(spans: Sequence[Sequence[object]], start: float, end: float) -> str:
    """ALARM where the alarm was in it for any of the column, else the state at its end."""
    within = [str(state) for a, b, state in spans if float(a) < end and float(b) > start]  # type: ignore[arg-type]
    return MARKS["ALARM"] if "ALARM" in within else MARKS.get(within[-1], " ") if within else " "


def _counts(data: Json, columns: Sequence[tuple[float, float]]) -> list[tuple[str, str, str]]:
    counts, limits = data["counts"], data["limits"]
    high = max([1.0, *(row[1] for rows in counts.values() for row in rows)])
    between = f", between {limits['least']} and {limits['most']}" if limits else ", not a scalable target"
    said = {"desired": between, "running": ""}
    return [(n, _bars(columns, rows, high), f"now {_last(rows):g}{said[n]}") for n, rows in counts.items()]


def _last(rows: Sequence[Sequence[float]]) -> float:
    return rows[-1][1]


def _cooling(cooldowns: Sequence[Json], start: float, end: float) -> str:
    within = [row["direction"] for row in cooldowns if row["start"] < end and row["end"] > start]
    return " " if not within else "o" if within[-1] == "out" else "i"


def _hm(at: float) -> str:
    return iso(at)[11:16]
