"""What the results of a class say: how hard each question was, whether it tells who understands, what went wrong.

Numbers only; sentences about them are in ``advice``, pictures in ``report``. Discrimination is the correlation of a
question with the rest of the assignment (so that it does not correlate with itself) and, for readers used to it, the
difference between the upper and the lower 27 % (Kelley 1939), of the rest too. Invariants: what could not be checked
counts for nobody; fewer than ``FEW`` hand-ins give no discrimination.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.checks.question import Outcome
from grader.classroom.evidence import Evidence
from grader.classroom.grades import Final
from grader.result import CellResult, QuestionResult, Result

FEW = 10
TAIL = 0.27
_TRAP = re.compile(r"T\d+")
"""Misconceptions that the labs know by a number are the same in every question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. ``facility`` is the mean share of its points, from 0 to 1; ``discrimination`` and ``spread`` (upper
    less lower 27 %) are from -1 to 1, None where too few answered or all the same; ``seconds`` its check's, median."""

    question: str
    title: str
    points: float
    counted: int
    mean: float
    facility: float | None
    discrimination: float | None
    spread: float | None
    outcomes: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """Something that several students got wrong in the same way, with the commonest wording of it and of its advice."""

    code: str
    questions: tuple[str, ...]
    text: str
    advice: str
    students: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTime:
    """Where time went in one cell, in real seconds of grading, and how it ended where it did not end well."""

    name: str
    median: float
    slow: float
    whole: float
    errors: tuple[tuple[str, int], ...]
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A student: the share of all points (None: nothing could be graded), the outcomes by question, what went wrong."""

    student: str
    name: str
    score: float | None
    points: float
    outcomes: Mapping[str, str]
    wrong: tuple[str, ...]
    errors: tuple[str, ...]
    why: str
    notes: tuple[str, ...]
    graded: bool
    pending: bool = False

    @property
    def share(self) -> float:
        """Of all points, from 0 to 1; more with extra credit."""
        return (self.score or 0.0) / self.points if self.points > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """Everything about one assignment."""

    assignment: str
    points: float
    standings: tuple[Standing, ...]
    items: tuple[Item, ...]
    misconceptions: tuple[Misconception, ...]
    cells: tuple[CellTime, ...]
    lab_seconds: tuple[float, ...]
    seconds: float
    absent: tuple[str, ...]
    waiting: tuple[str, ...]
    unreadable: tuple[str, ...]
    sandboxes: tuple[str, ...]

    @property
    def shares(self) -> list[float]:
        """The share of the points of everybody who has a score."""
        return [one.share for one in self.standings if one.score is not None]


def figures(
    assignment: str, evidence: Evidence, finals: Sequence[Final] = (), waiting: Iterable[str] = ()
) -> ClassFigures:
    """Work out the figures of an assignment; ``finals`` are its final grades, which count for scores."""
    final = {one.student: one for one in finals if one.assignment == assignment}
    results = evidence.results
    most = max([*(r.points for r in results), *(f.points for f in final.values())], default=0.0)
    standings = [_standing(result, final.get(result.student), most) for result in results]
    known = {result.student for result in results}
    standings += [_booked(one, most) for name, one in final.items() if name not in known and one.score is not None]
    late = set(waiting) - known
    return ClassFigures(
        assignment=assignment, points=most, standings=tuple(standings), items=_items(results),
        misconceptions=_misconceptions(results), cells=_cells(results),
        lab_seconds=tuple(sorted(seconds for seconds in evidence.lab_seconds.values() if seconds > 0)),
        seconds=sum(result.seconds for result in results), unreadable=evidence.unreadable,
        absent=tuple(sorted(name for name, one in final.items() if one.score is None and name not in known | late)),
        waiting=tuple(sorted(late)), sandboxes=tuple(sorted({result.sandbox for result in results})),
    )  # fmt: skip


# ── students ──────────────────────────────────────────────────────────────────────────────────────────────────


def _standing(result: Result, final: Final | None, most: float) -> Standing:
    graded = gradable(result)
    counts = final is not None and final.score is not None
    return Standing(
        student=result.student, name=final.name if final else result.student, points=most,
        score=final.score if final is not None and counts else result.score, graded=graded,
        outcomes={q.question: q.outcome if graded else str(Outcome.UNCHECKABLE) for q in result.questions},
        wrong=tuple(dict.fromkeys(_key(question, one) for question, one in _failed(result))),
        errors=tuple(f"{cell.grade_id}: {_first_line(cell.error)}" for cell in result.cells if cell.error),
        why=result.why, notes=result.notes, pending=final.pending if final else False,
    )  # fmt: skip


def gradable(result: Result) -> bool:
    """Whether anything of a hand-in could be looked at: a file that is no notebook tells nothing about who wrote it."""
    checked = any(question.outcome != Outcome.UNCHECKABLE for question in result.questions)
    return checked and (bool(result.cells) or result.score > 0)


def _booked(final: Final, most: float) -> Standing:
    """Graded by nbgrader, without evidence of ours."""
    return Standing(
        student=final.student, name=final.name, score=final.score, points=final.points or most, outcomes={}, wrong=(),
        errors=(), why="Graded in nbgrader's gradebook only.", notes=(), graded=True, pending=final.pending,
    )  # fmt: skip


# ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────


def _items(results: Sequence[Result]) -> tuple[Item, ...]:
    by_number: dict[str, list[tuple[Result, QuestionResult]]] = defaultdict(list)
    for result in results:
        for question in result.questions:
            by_number[question.question].append((result, question))
    return tuple(_item(by_number[number]) for number in sorted(by_number, key=_place))


def _place(number: str) -> tuple[tuple[int, str], ...]:
    """Question numbers in their order: 2.9 before 2.10."""
    return tuple((int(part) if part.isdigit() else 0, part) for part in number.split("."))


def _item(answers: Sequence[tuple[Result, QuestionResult]]) -> Item:
    ended = [(r, q, q.outcome if gradable(r) else str(Outcome.UNCHECKABLE)) for r, q in answers]
    counted = [(r, q) for r, q, outcome in ended if outcome != Outcome.UNCHECKABLE and q.points > 0]
    shares = [q.score / q.points for _, q in counted]
    first = max((q for _, q in answers), key=lambda q: (bool(q.title), q.points))
    return Item(
        question=first.question, title=first.title, points=first.points, counted=len(counted),
        mean=statistics.fmean(q.score for _, q in counted) if counted else 0.0,
        facility=statistics.fmean(shares) if shares else None,
        discrimination=_correlation(shares, [_rest(r, q) for r, q in counted]),
        spread=_spread([(_rest(r, q), share) for (r, q), share in zip(counted, shares, strict=True)]),
        outcomes=Counter(str(outcome) for _, _, outcome in ended),
        seconds=statistics.median(q.seconds for _, q in answers),
    )  # fmt: skip


def _rest(result: Result, question: QuestionResult) -> float:
    """The share of all other questions' points."""
    others = result.points - question.points
    return (result.score - question.score) / others if others > 0 else 0.0


def _correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Pearson's; for a question with all or nothing it is the point-biserial correlation."""
    if len(left) < FEW or statistics.pstdev(left) < 1e-9 or statistics.pstdev(right) < 1e-9:
        return None
    return statistics.correlation(left, right)


def _spread(rows: Sequence[tuple[float, float]]) -> float | None:
    """The mean share of the best 27 % less that of the last 27 %; ties at the edges count in part."""
    if len(rows) < FEW:
        return None
    count = max(1, round(TAIL * len(rows)))
    return _tail(rows, count, best=True) - _tail(rows, count, best=False)


def _tail(rows: Sequence[tuple[float, float]], count: int, *, best: bool) -> float:
    ordered = sorted((total for total, _ in rows), reverse=best)
    edge = ordered[count - 1]
    beyond = [share for total, share in rows if (total > edge if best else total < edge)]
    at_edge = [share for total, share in rows if total == edge]
    return (sum(beyond) + statistics.fmean(at_edge) * (count - len(beyond))) / count


# ── what went wrong ───────────────────────────────────────────────────────────────────────────────────────────


def _failed(result: Result) -> Iterable[tuple[QuestionResult, Mapping[str, Any]]]:
    return ((question, one) for question in result.questions for one in question.findings if not one.get("passed"))


def _key(question: QuestionResult, finding: Mapping[str, Any]) -> str:
    """What makes two findings the same misconception: a trap's number, else the question with its code or wording."""
    code = str(finding.get("code") or "")
    if _TRAP.fullmatch(code):
        return code
    wording = re.sub(r"\d+", "#", re.sub(r"[`'\"“][^`'\"”]*[`'\"”]", "…", str(finding.get("text", ""))))
    return f"{question.question} {code or wording}"


def _misconceptions(results: Sequence[Result]) -> tuple[Misconception, ...]:
    students: dict[str, dict[str, None]] = defaultdict(dict)
    questions: dict[str, set[str]] = defaultdict(set)
    said: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    codes: dict[str, str] = {}
    for result in results:
        for question, one in _failed(result):
            key = _key(question, one)
            students[key][result.student] = None
            questions[key].add(question.question)
            said[key][str(one.get("text", "")), str(one.get("advice") or "")] += 1
            codes[key] = str(one.get("code") or "")
    found = []
    for key, names in students.items():
        (text, advice), _ = max(said[key].items(), key=lambda entry: (entry[1], bool(entry[0][1]), entry[0]))
        found.append(
            Misconception(
                code=codes[key],
                questions=tuple(sorted(questions[key], key=_place)),
                text=text,
                advice=advice,
                students=tuple(sorted(names)),
                share=len(names) / len(results),
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.students), one.questions, one.code, one.text)))


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _cells(results: Sequence[Result]) -> tuple[CellTime, ...]:
    by_name: dict[str, list[CellResult]] = defaultdict(list)
    for result in results:
        for cell in result.cells:
            by_name[cell.grade_id].append(cell)
    return tuple(_cell_time(name, cells) for name, cells in by_name.items())


def _cell_time(name: str, cells: Sequence[CellResult]) -> CellTime:
    seconds = sorted(cell.seconds for cell in cells)
    errors = Counter(_kind(cell.error) for cell in cells if cell.error)
    return CellTime(
        name=name, median=statistics.median(seconds), slow=quantile(seconds, 0.9), whole=sum(seconds),
        errors=tuple(errors.most_common(3)), failed=errors.total(),
    )  # fmt: skip


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which ``part`` of sorted numbers lie (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def _kind(error: str) -> str:
    """The name of an error, or how else a cell ended."""
    line = _first_line(error)
    named = re.match(r"[A-Za-z_][\w.]*(?=:|$)", line)
    return named.group().rpartition(".")[2] if named else line[:60]


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:160]
