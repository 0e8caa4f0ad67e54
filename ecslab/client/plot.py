"""Drawing over lab time as SVG: frames, lines, steps, bands and axes. It knows nothing of ECS.

Pure functions from numbers to elements. Invariants: everything drawn lies within its frame's width; no word is left
to a colour alone, and every colour is one of ``style``'s, so light and dark both work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecslab.client.html import Html, join, tag
from ecslab.timeline import iso

WIDTH, LEFT, RIGHT = 920, 44, 150
"""Of the whole drawing, and of the room for words on both sides, in its own units."""
LINE = 13
"""Between two lines of words."""
LETTER = 6.1
"""Width of a letter, about."""
STRIP = 14
MOST_TICKS = 9
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
PLOT_STYLE = """
.ecslab .plot { display: block; width: 100%; height: auto; margin-top: 6px; }
.ecslab .plot text { font: 11px var(--jp-ui-font-family, system-ui, sans-serif); fill: var(--e-soft); }
.ecslab .plot text.name { font-weight: 600; fill: var(--e-ink); }
.ecslab .plot text.said { font-size: 9px; fill: var(--e-ink); }
.ecslab .plot text.tone { fill: var(--e-tone); font-weight: 600; }
.ecslab .plot .grid { stroke: var(--e-line); stroke-width: 1; }
.ecslab .plot .line { fill: none; stroke: var(--e-tone); stroke-width: 2; stroke-linejoin: round; }
.ecslab .plot .area { fill: color-mix(in srgb, var(--e-tone) 14%, transparent); stroke: none; }
.ecslab .plot .rule { stroke: var(--e-tone); stroke-width: 1.2; stroke-dasharray: 5 4; }
.ecslab .plot .dashed { stroke-dasharray: 6 3; }
.ecslab .plot .band { fill: color-mix(in srgb, var(--e-tone) 11%, transparent); }
.ecslab .plot .strip { fill: color-mix(in srgb, var(--e-tone) 20%, transparent); }
.ecslab .plot .strip.bad, .ecslab .plot .strip.warn { fill: color-mix(in srgb, var(--e-tone) 50%, transparent); }
.ecslab .plot .when { stroke: var(--e-ink); stroke-width: 1; stroke-dasharray: 1 3; opacity: .55; }
.ecslab .ecslab-chart .pill::before { animation: none !important; }
.ecslab .ink { --e-tone: var(--e-ink); }
"""

Point = tuple[float, float | None]
"""(lab time, value); None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A rectangle of the drawing: lab time across, values from 0 up to ``high``."""

    start: float
    end: float
    top: float
    height: float
    high: float

    def x(self, at: float) -> float:
        """Where a lab time is; times outside are at the edge."""
        share = (at - self.start) / (self.end - self.start) if self.end > self.start else 0.0
        return LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value is."""
        return self.top + self.height * (1 - min(1.0, value / self.high))

    @property
    def bottom(self) -> float:
        """Where 0 is."""
        return self.top + self.height


def drawing(height: float, parts: Iterable[Html], words: str) -> Html:
    """The whole, with ``words`` for who cannot see it."""
    return tag(
        "svg", *parts, class_="plot", viewBox=f"0 0 {WIDTH} {height:.0f}", role="img", aria_label=words,
        xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def highest(values: Iterable[float | None]) -> float:
    """A round number a little above all values."""
    top = max((value for value in values if value is not None), default=0.0) * 1.08
    if top <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(top))
    return next(size * step for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if size * step >= top)


def words(x: float, y: float, text: object, *, kind: str = "", anchor: str = "") -> Html:
    """A line of text; ``anchor`` is SVG's: start (default), middle or end."""
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", class_=kind, text_anchor=anchor)


def axis(frame: Frame, name: str, unit: str = "") -> Html:
    """The frame's name, its lines and their numbers."""
    count = 4 if frame.height >= 80 else 2
    values = [frame.high * number / count for number in range(count + 1)]
    if all(frame.high * number % count == 0 for number in range(count + 1)) or frame.high > count:
        values = [float(round(value, 1)) for value in values]
    parts = [words(LEFT, frame.top - 6, name, kind="name")]
    for value in values:
        y = frame.y(value)
        parts.append(_rule(LEFT, WIDTH - RIGHT, y, "grid"))
        parts.append(words(LEFT - 6, y + 4, f"{value:g}{unit}", anchor="end"))
    return join(parts)


def _rule(left: float, right: float, y: float, kind: str, title: str = "") -> Html:
    inside = tag("title", title) if title else ""
    return tag("line", inside, x1=f"{left:.1f}", x2=f"{right:.1f}", y1=f"{y:.1f}", y2=f"{y:.1f}", class_=kind)


def rule(frame: Frame, value: float, tone: str, title: str) -> Html:
    """A dashed line at a value."""
    return _rule(LEFT, WIDTH - RIGHT, frame.y(value), f"rule {tone}", title)


def curve(frame: Frame, points: Sequence[Point], tone: str, *, area: bool = True) -> Html:
    """A line through the values, broken where there is none."""
    parts = []
    for run in _runs(points):
        where = [(frame.x(at), frame.y(value)) for at, value in run]
        if len(where) == 1:
            (x, y) = where[0]
            parts.append(tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.5", style="fill: var(--e-tone)", class_=tone))
            continue
        parts += _shape(frame, where, tone, area=area)
    return join(parts)


def _runs(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    grouped = itertools.groupby(points, key=lambda point: point[1] is not None)
    return [[(at, value) for at, value in run if value is not None] for there, run in grouped if there]


def steps(frame: Frame, rows: Sequence[Sequence[float]], tone: str, *, area: bool = True, kind: str = "") -> Html:
    """A line that stays at each value until the next, and at the last until the end."""
    where: list[tuple[float, float]] = []
    ends = [*(row[0] for row in rows[1:]), frame.end]
    for (at, value), end in zip(rows, ends, strict=True):
        where += [(frame.x(at), frame.y(value)), (frame.x(end), frame.y(value))]
    return join(_shape(frame, where, tone, area=area, kind=kind))


def _shape(frame: Frame, where: Sequence[tuple[float, float]], tone: str, *, area: bool, kind: str = "") -> list[Html]:
    if not where:
        return []
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in where)
    line = tag("polyline", points=path, class_=f"line {tone} {kind}".strip())
    if not area:
        return [line]
    closed = f"{where[0][0]:.1f},{frame.bottom:.1f} {path} {where[-1][0]:.1f},{frame.bottom:.1f}"
    return [tag("polygon", points=closed, class_=f"area {tone}"), line]


def band(frame: Frame, span: tuple[float, float], tone: str, *, kind: str = "band", said: str = "") -> Html:
    """A filled stretch of time over the whole height; ``said`` stands in it, shortened to a letter or left out where
    it does not fit, and is told in full when pointed at."""
    left, right = frame.x(span[0]), frame.x(span[1])
    if right - left < 0.3:
        return Html("")
    size = {"x": f"{left:.1f}", "y": f"{frame.top:.1f}", "width": f"{right - left:.1f}", "height": f"{frame.height:g}"}
    when = f"{iso(span[0])[11:19]} to {iso(span[1])[11:19]}"
    shape = tag("rect", tag("title", f"{said} {when}".strip()), class_=f"{kind} {tone}", rx=3 if said else None, **size)
    fits = next((text for text in (said, said[:1]) if text and len(text) * 6.4 + 3 <= right - left), "")
    if not fits:
        return shape
    return join([shape, words((left + right) / 2, frame.top + frame.height - 4, fits, kind="said", anchor="middle")])


def moment(at: float, frame: Frame, title: str) -> Html:
    """A dotted line down a frame at a lab time."""
    x = f"{frame.x(at):.1f}"
    return tag("line", tag("title", title), x1=x, x2=x, y1=f"{frame.top:g}", y2=f"{frame.bottom:g}", class_="when")


def beside(frame: Frame, labels: Iterable[tuple[float, str, str]]) -> Html:
    """Words at the right of a frame, (value, words, tone), moved apart where they would touch."""
    ordered = sorted(labels, key=lambda label: -label[0])
    places: list[float] = []
    for value, _, _ in ordered:
        y = frame.y(value) + 4
        places.append(max(y, places[-1] + LINE) if places else y)
    last = len(places) - 1
    places = [min(y, frame.bottom - LINE * (last - number)) for number, y in enumerate(places)]
    return join(
        words(WIDTH - RIGHT + 8, y, _clipped(said), kind=f"tone {tone}")
        for y, (_, said, tone) in zip(places, ordered, strict=True)
    )


def _clipped(text: str) -> str:
    most = int((RIGHT - 10) / LETTER)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def strip_name(frame: Frame, name: str) -> Html:
    """The words beside a strip."""
    return words(WIDTH - RIGHT + 8, frame.bottom - 3, _clipped(name))


def hours(frame: Frame) -> Html:
    """The lab's clock below everything."""
    minutes = (frame.end - frame.start) / 60
    each = 60.0 * next((step for step in MINUTES if minutes / step <= MOST_TICKS), math.ceil(minutes / MOST_TICKS))
    first = math.ceil(frame.start / each)
    parts = []
    for number in range(first, int(frame.end // each) + 1):
        x = frame.x(number * each)
        size = {"x1": f"{x:.1f}", "x2": f"{x:.1f}", "y1": f"{frame.top:g}", "y2": f"{frame.top + 4:g}"}
        parts += [tag("line", class_="grid", **size), words(x, frame.top + 17, _time(number * each), anchor="middle")]
    return join(parts)


def _time(at: float) -> str:
    return iso(at)[11:16]
