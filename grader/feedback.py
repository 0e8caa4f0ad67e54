"""What a learner gets back: each question with what was found and what to try, what the cluster did, their own code.

One HTML file without scripts. Not the check itself and none of its code: only the sentences of findings. Invariant:
everything a learner wrote is escaped; nothing of a hidden check, a solution or another learner is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecslab.client import cards
from ecslab.client.html import Html, join, page, tag, text
from ecslab.client.reports import MARKS, Report
from ecslab.client.style import STYLE
from ecslab.timeline import iso
from grader.result import CellResult, QuestionResult, Result

WIDTH, HEIGHT, LEFT = 900, 34, 190
MOST_LANES = 14
_MOVE = re.compile(r"task (\w+) \((\S+)\)(?: of service (\S+))? is (\w+)")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; max-width: 960px; padding: 24px 16px; font-family: system-ui, sans-serif;
  background: #fff; color: #1f2328; }}
h1 {{ font-size: 22px; margin: 0 0 4px; }} h2 {{ font-size: 15px; margin: 28px 0 8px; }}
.total {{ font-size: 34px; font-weight: 650; }} .soft {{ color: #5c6470; }}
.meter {{ height: 10px; border-radius: 5px; background: #e3e7ec; overflow: hidden; margin: 6px 0 10px; }}
.meter div {{ height: 100%; background: #2e7d32; }}
pre {{ background: #f5f7f9; border-radius: 6px; padding: 8px 10px; overflow: auto; font-size: 12px;
  white-space: pre-wrap; }}
details {{ margin: 4px 0 14px; }} summary {{ cursor: pointer; color: #5c6470; font-size: 13px; }}
svg text {{ font: 12px system-ui, sans-serif; fill: currentColor; }}
.ecslab ul.plain {{ list-style: none; padding-left: 4px; margin: 6px 0; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #14171b; color: #e6e8eb; }} .soft, summary {{ color: #9aa3ae; }}
  pre {{ background: #1d2229; }} .meter {{ background: #2a3038; }}
  .ecslab {{ --e-bg: #1a1e24; --e-bg2: #22272e; --e-line: #333a43; --e-ink: #e6e8eb; --e-soft: #9aa3ae; }}
}}
</style></head><body>{body}</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What the gradebook says of a hand-in: all that a teacher gave or took is in it.

    ``scores``: (score, points) by the names of score cells and of cells that a person grades. ``comments`` by those of
    solution cells.
    """

    score: float
    points: float
    penalty: float = 0.0
    scores: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)


def report_of(one: QuestionResult) -> Report:
    """The question's report as the client shows reports."""
    return Report(
        question=one.question,
        title=one.title,
        outcome=one.outcome,
        score=one.score,
        points=one.points,
        message=one.message,
        findings=tuple(one.findings),
    )


def score_outputs(one: QuestionResult) -> list[dict[str, Any]]:
    """The outputs of a score cell: what was found, for people, and one number, for nbgrader."""
    found = report_of(one)
    shown = {"text/plain": repr(found), "text/html": str(cards.report(found, MARKS.get(found.outcome, "?")))}
    return [
        {"output_type": "display_data", "data": shown, "metadata": {}},
        {
            "output_type": "execute_result",
            "execution_count": None,
            "data": {"text/plain": repr(float(one.score))},
            "metadata": {},
        },
    ]


def feedback(result: Result, codes: Mapping[str, str], by_hand: ByHand | None = None) -> str:
    """The whole page. ``codes`` are the learner's solutions by the ids of their cells."""
    cells = {cell.grade_id: cell for cell in result.cells}
    given = by_hand or ByHand(score=result.score, points=result.points)
    parts = [_head(result, given)]
    parts += [_notes(result)] if result.notes else []
    parts += [tag("h2", "Questions")]
    for one in result.questions:
        parts += [_question(one, codes, cells), *_said_by_hand(one, given)]
    parts += _persons(result, codes, given)
    parts += _cluster(result.story)
    body = str(join(parts))
    style = f"<style>{STYLE}</style>"  # every card brings it; once is enough
    before, _, after = body.partition(style)
    return _PAGE.format(
        title=text(f"{result.assignment} · {result.student}"), body=before + style + after.replace(style, "")
    )


def _head(result: Result, given: ByHand) -> Html:
    share = 0.0 if not given.points else max(0.0, min(1.0, given.score / given.points))
    meter = tag("div", tag("div", style=f"width:{share:.1%}"), class_="meter")
    total = tag("div", f"{given.score:g} of {given.points:g} points", class_="total")
    late = [tag("p", f"It was handed in late, which cost {given.penalty:g} points.")] if given.penalty else []
    return join([tag("h1", f"{result.assignment}"), tag("div", result.student, class_="soft"), total, meter,
                 *late, tag("p", result.why)])  # fmt: skip


def _said_by_hand(one: QuestionResult, given: ByHand) -> list[Html]:
    """What a teacher changed or wrote at a question that a check has graded."""
    score, points = given.scores.get(one.grade_id, (one.score, one.points))
    said = [f"Your teacher gave {score:g} of {points:g} points."] if score != one.score else []
    said += [given.comments[name] for name in (_solution(one), one.grade_id) if name in given.comments]
    return [tag("p", line) for line in said]


def _persons(result: Result, codes: Mapping[str, str], given: ByHand) -> list[Html]:
    """The questions that a person grades."""
    checked = {one.grade_id for one in result.questions}
    parts: list[Html] = []
    for name in [one for one in given.scores if one not in checked]:
        score, points = given.scores[name]
        parts.append(tag("p", tag("b", f"{score:g} of {points:g} points"), " given by your teacher"))
        parts += [tag("p", given.comments[name])] if name in given.comments else []
        parts.append(tag("details", tag("summary", "What you wrote"), tag("pre", codes.get(name, ""))))
    return [tag("h2", "Read by your teacher"), *parts] if parts else []


def _solution(one: QuestionResult) -> str:
    """The name of the cell that a question's score is about."""
    return one.grade_id.replace("-score", "-solution")


def _notes(result: Result) -> Html:
    return tag("ul", *(tag("li", note) for note in result.notes), class_="soft")


def _question(one: QuestionResult, codes: Mapping[str, str], cells: Mapping[str, CellResult]) -> Html:
    found = report_of(one)
    shown = [cards.report(found, MARKS.get(found.outcome, "?"))]
    name = _solution(one)
    if name in codes:
        shown.append(tag("details", tag("summary", "Your cell"), tag("pre", codes[name]), *_ran(cells.get(name))))
    return join(shown)


def _ran(cell: CellResult | None) -> list[Html]:
    if cell is None:
        return []
    said = "".join(str(out.get("text") or out.get("data", {}).get("text/plain", "")) + "\n" for out in cell.outputs)
    lines = [tag("div", f"It ran for {cell.seconds:.1f} s.", class_="soft")]
    if cell.error:
        lines.append(tag("div", f"It ended with {cell.error}", class_="soft"))
    return lines + ([tag("pre", said[:4000])] if said.strip() else [])


# ── what the cluster did ──────────────────────────────────────────────────────────────────────────────────────


def _cluster(story: Sequence[Mapping[str, Any]]) -> list[Html]:
    lanes = running(story)
    if not lanes:
        return []
    first = min(steps[0][0] for steps in lanes.values())
    last = max(float(story[-1]["at"]), first + 1)
    chosen = list(lanes.items())[:MOST_LANES]
    drawn = [_lane(row, name, steps, (first, last)) for row, (name, steps) in enumerate(chosen)]
    height = HEIGHT * len(chosen) + 22
    legend = f"from {iso(first)[11:19]} to {iso(last)[11:19]} of lab time; the height is how many tasks were RUNNING"
    svg = tag("svg", *drawn, viewBox=f"0 0 {WIDTH} {height}", width="100%", role="img", aria_label=legend)
    events = [one for one in story if one["kind"] in ("service.event", "task.stop", "deployment.state", "iam.denied")]
    lines = [tag("li", cards.clock(float(one["at"])), " ", one["text"]) for one in events[:200]]
    told = tag("details", tag("summary", f"The story in {len(lines)} sentences"), tag("ul", *lines))
    return [tag("h2", "What your cluster did"), page(join([svg, tag("div", legend, class_="soft small")])), told]


def running(story: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[float, int]]]:
    """(lab time, tasks RUNNING from then on) for each service, and for the tasks of each family beside services."""
    alive: dict[str, set[str]] = {}
    lanes: dict[str, list[tuple[float, int]]] = {}
    for entry in story:
        move = _MOVE.match(str(entry["text"])) if entry["kind"] == "task.status" else None
        if move is None:
            continue
        task, family, service, status = move.groups()
        name = f"service {service}" if service else f"tasks of {family.partition(':')[0]}"
        there = alive.setdefault(name, set())
        there.add(task) if status == "RUNNING" else there.discard(task)
        lanes.setdefault(name, []).append((float(entry["at"]), len(there)))
    return lanes


def _lane(row: int, name: str, steps: Sequence[tuple[float, int]], span: tuple[float, float]) -> Html:
    """One row of the chart: a step line of how many ran."""
    top, most = row * HEIGHT + 4, max(1, *(count for _, count in steps))
    scale = (WIDTH - LEFT - 56) / (span[1] - span[0])
    floor = top + HEIGHT - 8

    def place(at: float, count: int) -> tuple[float, float]:
        return LEFT + (at - span[0]) * scale, floor - count / most * (HEIGHT - 12)

    points: list[tuple[float, float]] = [(LEFT, floor)]
    before = 0
    for at, count in steps:
        points += [place(at, before), place(at, count)]
        before = count
    points += [place(span[1], before), (place(span[1], 0)[0], floor)]
    shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return join(
        [
            tag("text", name[:28], x="0", y=f"{floor - 6}"),
            tag("polygon", points=shape, fill="#0277bd", fill_opacity="0.25", stroke="#0277bd", stroke_width="1"),
            tag("text", f"max {most}", x=f"{WIDTH - 2}", y=f"{floor - 6}", text_anchor="end"),
        ]
    )
