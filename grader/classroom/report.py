"""The class report: one page on an assignment, for a teacher, as a file and in a notebook.

Not the figures (``statistics``), their meaning (``advice``) or the look (``look``). Invariants: one file that loads
nothing and runs nothing; everything from students is escaped; both forms say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecslab.client.cards import pill
from ecslab.client.html import Html, join, tag
from ecslab.errors import LabError
from grader.classroom import advice, beside, evidence, grades, look, similarity, statistics, tables
from grader.classroom.similarity import Similar
from grader.classroom.statistics import ClassFigures

MOST_WRONG = 12
MOST_STUDENTS = 60


@dataclass(frozen=True, slots=True)
class ClassReport:
    """What ``class_report`` gives: shown in a notebook as it is, saved as one file."""

    figures: ClassFigures
    similar: Similar | None = None

    def __repr__(self) -> str:
        return "\n".join([f"{self.figures.assignment}: the class", *(f"  {said}" for said in self.sentences())])

    def _repr_html_(self) -> str:
        return str(look.shown(*_page(self)))

    def sentences(self) -> tuple[str, ...]:
        """The report in short."""
        return tuple(verdict.sentence for verdict in _brief(self))

    def html(self) -> str:
        """The report as a page of its own."""
        return look.whole_page(f"{self.figures.assignment}: the class", *_page(self))

    def save(self, path: str | Path) -> Path:
        """Write the page to a file."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.html(), encoding="utf-8", errors="replace")
        return target


def class_report(course: Path, assignment: str, db_url: str = "") -> ClassReport:
    """Read everything about an assignment and work the report out. LabError where nothing has been graded."""
    found = evidence.read(course, assignment)
    known = grades.merged(grades.booked(course, db_url), {assignment: found.results})
    finals = grades.chosen(known, [assignment])
    if not found.results and not finals:
        raise LabError(f"{assignment} has no results in {course}.", "Grade it first: ecslab grade.")
    made = statistics.figures(assignment, found, finals, evidence.waiting(course, assignment))
    handed = any((course / "submitted").glob(f"*/{assignment}"))
    return ClassReport(made, similarity.similar(course, assignment) if handed else None)


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────


def _page(report: ClassReport) -> list[Html]:
    found = report.figures
    parts = [
        ("scores", "Scores", _scores),
        ("questions", "Questions", _questions),
        ("wrong", "What went wrong", _wrong),
        ("help", "Who needs help", _help),
        ("time", "Where time went", _time),
        ("students", "Everybody", _students),
    ]
    sections = [_section(report, name, title, made(found)) for name, title, made in parts if _has(made, found)]
    if report.similar is not None:
        sections.append(_section(report, "similar", "Similar work", beside.section(report.similar)))
        parts.append(("similar", "Similar work", _scores))
    shown = [name for name, _, made in parts if name == "similar" or _has(made, found)]
    links = [tag("a", title, href=f"#{_anchor(report, name)}") for name, title, _ in parts if name in shown]
    return [_head(report), tag("nav", *links, aria_label="sections"), *sections, _foot(found)]


def _has(made: Callable[[ClassFigures], Html], found: ClassFigures) -> bool:
    return bool(made(found))


def _anchor(report: ClassReport, name: str) -> str:
    return f"{report.figures.assignment}-{name}"


def _section(report: ClassReport, name: str, title: str, inside: Html) -> Html:
    return tag("section", tag("h2", title), inside, id=_anchor(report, name))


def _head(report: ClassReport) -> Html:
    found = report.figures
    tiles = tag("div", *(_tile(value, said) for value, said in tables.tiles(found)), class_="tiles")
    brief = tag("ul", *(tag("li", one.sentence, class_=one.tone) for one in _brief(report)), class_="brief")
    return join([tag("h1", found.assignment), tag("p", "What the class learned, and what to do next.", class_="soft"),
                 tiles, brief])  # fmt: skip


def _brief(report: ClassReport) -> list[advice.Verdict]:
    said = advice.in_short(report.figures)
    if report.similar is not None and report.similar.pairs:
        count = len(report.similar.pairs)
        pairs = "1 pair of hand-ins resembles" if count == 1 else f"{count} pairs of hand-ins resemble"
        sentence = f"{pairs} each other more than the class does. That is a signal to look, not a proof."
        said.append(advice.Verdict("similar", "idle", sentence))
    return said


def _tile(value: str, said: str) -> Html:
    return tag("div", tag("b", value), tag("span", said, class_="soft small"), class_="tile")


def _scores(found: ClassFigures) -> Html:
    if not found.shares:
        return Html("")
    return join([tables.histogram(found.shares, found.points), _missing(found)])


def _missing(found: ClassFigures) -> Html:
    lines = [
        _names("Handed in, not graded yet", found.waiting),
        _names("Handed in nothing", found.absent),
        _names("Results that cannot be read; grade these again", found.unreadable),
    ]
    return join(lines)


def _names(said: str, names: Sequence[str]) -> Html:
    if not names:
        return Html("")
    return tag("details", tag("summary", f"{said}: {len(names)}"), tag("p", ", ".join(names)))


def _questions(found: ClassFigures) -> Html:
    if not found.items:
        return Html("")
    explained = (
        "How many of the points were reached on average, and whether the question tells apart who understands the "
        "rest from who does not (r: correlation with the other questions; D: the 27 % best in those, "
        "less the 27 % last). From 0.2 on a question does its work."
    )
    return join([tag("p", explained, class_="soft"), tables.legend(), tables.questions(found.items)])


def _wrong(found: ClassFigures) -> Html:
    if not found.misconceptions:
        return Html("")
    explained = "Findings that failed, the most common first. What helps is what the students read in their feedback."
    shown = [tables.misconception(one) for one in found.misconceptions[:MOST_WRONG]]
    rest = found.misconceptions[MOST_WRONG:]
    more = [tag("details", tag("summary", f"{len(rest)} more"), *(tables.misconception(one) for one in rest[:100]))]
    return join([tag("p", explained, class_="soft"), *shown, *(more if rest else [])])


def _help(found: ClassFigures) -> Html:
    broken, struggling = advice.concerns(found)
    parts = []
    if struggling:
        said = "Far behind the others, or left early. A talk of five minutes is worth more than the next hint."
        parts += [tag("p", said, class_="soft"), tables.concerns(struggling[:MOST_STUDENTS])]
    if broken:
        said = "Nothing in these could be graded: the file is the trouble, not what they know. Ask for a new one."
        parts += [tag("h3", "Hand-ins that could not be graded"), tag("p", said, class_="soft"),
                  tables.concerns(broken[:MOST_STUDENTS])]  # fmt: skip
    if not parts and found.standings:
        parts = [tag("p", pill("Nobody stands out", "good"), " as far behind, and every hand-in could be graded.")]
    return join(parts)


def _time(found: ClassFigures) -> Html:
    if not found.cells:
        return Html("")
    return join([tag("p", tables.time_spent(found), class_="soft"), tables.cells(found.cells)])


def _students(found: ClassFigures) -> Html:
    if not found.standings:
        return Html("")
    table = tables.everybody(found)
    small = len(found.standings) <= MOST_STUDENTS
    summary = tag("summary", f"{len(found.standings)} students, question by question")
    return tag("details", summary, table, open="open" if small else None)


def _foot(found: ClassFigures) -> Html:
    said = [
        f"Graded in: {', '.join(found.sandboxes)}." if found.sandboxes else "",
        "Scores are final ones, with points given by hand, extra credit and late penalties; questions and findings are "
        "the autograder's. Uncheckable answers count for nobody. "
        "This page names students: keep it where grades are kept.",
    ]
    return tag("footer", " ".join(part for part in said if part), class_="soft small")
