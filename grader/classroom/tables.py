"""The tables and pictures of the class report: pure functions from figures to HTML.

Every value stands in words beside its picture; a colour alone says nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from ecslab.client.cards import TONES, pill
from ecslab.client.html import Html, join, tag, text
from ecslab.client.plot import drawing, highest, words
from grader.classroom import advice
from grader.classroom.advice import Concern
from grader.classroom.statistics import CellTime, ClassFigures, Item, Misconception, Standing, quantile

OUTCOMES = {
    "correct": ("correct", "●"),
    "partial": ("partly", "◐"),
    "incorrect": ("not yet", "○"),
    "not_attempted": ("not attempted", "–"),
    "uncheckable": ("uncheckable", "?"),
}
BINS = 10
LEFT, TOP, WIDTH, HIGH, PITCH = 44.0, 26.0, 920.0, 150.0, 80.0
MOST_NAMES = 60
SLOW_CHECK = 0.5
"""Seconds from which a check is worth a word."""


def tiles(found: ClassFigures) -> list[tuple[str, str]]:
    """The numbers that one looks for first."""
    shares = found.shares
    broken, struggling = advice.concerns(found)
    said = [(str(len(found.standings)), "hand-ins graded")]
    if shares:
        middle, mean = statistics.median(shares), statistics.fmean(shares)
        said += [
            (f"{middle * found.points:.3g} of {found.points:g}", f"points in the middle, {mean:.0%} on average"),
            (str(sum(share >= 1 - 1e-9 for share in shares)), "with all points"),
        ]
    said.append((str(len(struggling)), "need help"))
    if broken:
        said.append((str(len(broken)), "could not be graded"))
    return said


def histogram(shares: Sequence[float], points: float) -> Html:
    """How many have how much, in tenths of the points; the middle is marked."""
    counts = [0] * BINS
    for share in shares:
        counts[min(BINS - 1, max(0, int(share * BINS + 1e-9)))] += 1
    top = highest(counts)
    bottom = TOP + HIGH
    parts = [tag("line", x1=LEFT, x2=LEFT + PITCH * BINS, y1=bottom, y2=bottom, class_="grid")]
    for number, count in enumerate(counts):
        x, height = LEFT + PITCH * number, HIGH * count / top
        span = f"{points * number / BINS:.3g} to {points * (number + 1) / BINS:.3g} points: {count}"
        size = {"x": f"{x + 5:.1f}", "y": f"{bottom - height:.1f}", "width": PITCH - 10, "height": f"{height:.1f}"}
        parts.append(tag("rect", tag("title", span), rx=3, class_="tenth", **size))
        if count:
            parts.append(words(x + PITCH / 2, bottom - height - 6, count, kind="ink", anchor="middle"))
    for number in range(BINS + 1):
        parts.append(words(LEFT + PITCH * number, bottom + 16, f"{points * number / BINS:.3g}", anchor="middle"))
    parts.append(words(LEFT + PITCH * BINS, bottom + 34, "points", anchor="end"))
    parts += _middle(statistics.median(shares), points, bottom)
    said = f"Scores: {', '.join(f'{count} in tenth {number}' for number, count in enumerate(counts, 1))}."
    return drawing(bottom + 42, parts, said)


def _middle(share: float, points: float, bottom: float) -> list[Html]:
    x = LEFT + PITCH * BINS * min(1.0, max(0.0, share))
    edge = "end" if share > 0.85 else "start"
    return [
        tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=TOP - 12, y2=bottom, class_="when"),
        words(x + (-6 if edge == "end" else 6), TOP - 8, f"half have {share * points:.3g} or more", anchor=edge),
    ]


# ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────


def legend() -> Html:
    """What the tones of outcomes mean."""
    said = (tag("span", f"{mark} {word}", class_=TONES[name]) for name, (word, mark) in OUTCOMES.items())
    return tag("div", *said, class_="legend")


def questions(items: Sequence[Item]) -> Html:
    """A row for each question, and what to do about it in a row below where there is something."""
    head = [tag("th", "Question", scope="col"), tag("th", "Points", scope="col", class_="num"),
            tag("th", "Reached", scope="col", class_="num"), tag("th", "How it ended", scope="col"),
            tag("th", "Tells apart", scope="col"), tag("th", "r", scope="col", class_="num"),
            tag("th", "D", scope="col", class_="num")]  # fmt: skip
    rows = [row for item in items for row in _question(item)]
    return tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows), class_="wide"), class_="scroll")


def _question(item: Item) -> list[Html]:
    verdict = advice.verdict(item)
    row = tag(
        "tr",
        tag("th", f"{item.question} {item.title}", scope="row"),
        tag("td", f"{item.points:g}", class_="num"),
        tag("td", _percent(item.facility), class_="num"),
        tag("td", stack(item.outcomes)),
        tag("td", pill(verdict.word, verdict.tone)),
        tag("td", _signed(item.discrimination), class_="num"),
        tag("td", _signed(item.spread), class_="num"),
        class_="tied" if verdict.sentence else "",
    )
    if not verdict.sentence:
        return [row]
    return [row, tag("tr", tag("td", "→ ", verdict.sentence, colspan=7), class_="said soft")]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def stack(outcomes: Mapping[str, int]) -> Html:
    """How many ended how, as parts of a bar with their numbers."""
    whole = sum(outcomes.values()) or 1
    known = [(name, outcomes[name]) for name in OUTCOMES if outcomes.get(name)]
    parts = [
        tag(
            "i",
            count if count / whole >= 0.08 else "",
            class_=TONES[name],
            style=f"flex: {count} 0 0",
            title=f"{OUTCOMES[name][0]}: {count}",
        )
        for name, count in known
    ]
    said = ", ".join(f"{OUTCOMES[name][0]} {count}" for name, count in known)
    return tag("span", *parts, class_="stack", role="img", aria_label=said)


# ── what went wrong ───────────────────────────────────────────────────────────────────────────────────────────


def spoken(said: str) -> Html:
    """A sentence of a finding, in which `code` stands between backticks."""
    pieces = said.split("`")
    if len(pieces) % 2 == 0:
        return text(said)
    return join(tag("code", piece) if number % 2 else piece for number, piece in enumerate(pieces))


def misconception(one: Misconception) -> Html:
    """How many, what they got wrong, what helps, and who."""
    count = tag(
        "div", tag("div", len(one.students), class_="count"), tag("span", f"{one.share:.0%}", class_="soft small"),
        tag("span", tag("i", style=f"width: {one.share:.1%}"), class_="meter warn"),
    )  # fmt: skip
    where = f"question{'s' if len(one.questions) > 1 else ''} {', '.join(one.questions)}"
    code = f" · {one.code}" if one.code else ""
    helps = tag("div", "→ ", spoken(one.advice)) if one.advice else ""
    names = ", ".join(one.students[:MOST_NAMES]) + (
        f" and {len(one.students) - MOST_NAMES} more" if len(one.students) > MOST_NAMES else ""
    )
    who = tag("details", tag("summary", f"who · {where}{code}", class_="soft"), tag("p", names))
    return tag("div", count, tag("div", tag("b", spoken(one.text)), helps, who), class_="wrong")


def concerns(found: Sequence[Concern]) -> Html:
    """Students, their points, and why they are here."""
    head = [tag("th", "Student", scope="col"), tag("th", "Points", scope="col", class_="num"),
            tag("th", "Why", scope="col")]  # fmt: skip
    rows = [
        tag("tr", tag("th", concern.standing.name, scope="row"), tag("td", _points(concern.standing), class_="num"),
            tag("td", *(tag("div", spoken(reason)) for reason in concern.reasons)))
        for concern in found
    ]  # fmt: skip
    return tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows), class_="wide")


def _points(one: Standing) -> str:
    return "–" if one.score is None else f"{one.score:.4g} of {one.points:g}"


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────


def time_spent(found: ClassFigures) -> str:
    """Where time went on the whole, in a sentence or two."""
    real = f"Grading ran for {lasted(found.seconds)} of machine time altogether."
    slowest = max(found.items, key=lambda item: item.seconds, default=None)
    if slowest is not None and slowest.seconds >= SLOW_CHECK:
        real += f" The slowest check is that of {slowest.question}: {lasted(slowest.seconds)}."
    if not found.lab_seconds:
        return real
    lab = found.lab_seconds
    return (
        f"{real} In lab time half of the hand-ins took {lasted(statistics.median(lab))} or less, "
        f"one in ten more than {lasted(quantile(lab, 0.9))}."
    )


def lasted(seconds: float) -> str:
    """Seconds as one says them."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def cells(found: Sequence[CellTime]) -> Html:
    """How long each cell took and how often it failed, in the notebook's order."""
    head = [tag("th", "Cell", scope="col"), tag("th", "Half take up to", scope="col"),
            tag("th", "One in ten more than", scope="col", class_="num"), tag("th", "Of all time", scope="col",
            class_="num"), tag("th", "Ended with an error", scope="col")]  # fmt: skip
    whole = sum(cell.whole for cell in found) or 1.0
    longest = max((cell.median for cell in found), default=0.0) or 1.0
    rows = [
        tag("tr", tag("th", tag("code", cell.name), scope="row"),
            tag("td", lasted(cell.median), tag("span", tag("i", style=f"width: {cell.median / longest:.1%}"),
                                               class_="meter busy")),
            tag("td", lasted(cell.slow), class_="num"), tag("td", f"{cell.whole / whole:.0%}", class_="num"),
            tag("td", _errors(cell)))
        for cell in found
    ]  # fmt: skip
    return tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows), class_="wide"), class_="scroll")


def _errors(cell: CellTime) -> str:
    told = ", ".join(f"{name} × {count}" for name, count in cell.errors)
    return told + (" …" if sum(count for _, count in cell.errors) < cell.failed else "")


# ── everybody ─────────────────────────────────────────────────────────────────────────────────────────────────


def everybody(found: ClassFigures) -> Html:
    """Students by questions: who has what, the best first."""
    numbers = [item.question for item in found.items]
    head = [tag("th", "Student", scope="col"), tag("th", "Points", scope="col", class_="num")]
    head += [tag("th", number, scope="col") for number in numbers]
    ordered = sorted(found.standings, key=lambda one: (-one.share, one.student))
    rows = [tag("tr", tag("td", one.name, class_="name"), tag("td", _points(one), class_="num"),
                *(_mark(one.outcomes.get(number)) for number in numbers)) for one in ordered]  # fmt: skip
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows), class_="wide grid")
    return join([legend(), tag("div", table, class_="scroll")])


def _mark(outcome: str | None) -> Html:
    if outcome not in OUTCOMES:
        return tag("td", "")
    word, mark = OUTCOMES[outcome]
    return tag("td", mark, class_=TONES[outcome], title=word)
