"""``ecslab grade report | export | similar``: what each does, as a function, and the command line in front of them.

The functions print nothing: they write files where told and give back sentences. Importing this takes no time; nbgrader
and everything that draws are imported when they are needed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecslab.errors import LabError

if TYPE_CHECKING:
    from grader.classroom.exports import Exported, Feedback
    from grader.classroom.grades import Final
    from grader.classroom.similarity import Similar
    from grader.result import Result

KINDS = ("csv", "canvas", "moodle", "questions", "gradescope")
FOLDER = "class"
"""Where the command line writes when no place is named, in the course folder."""


@dataclass(frozen=True, slots=True)
class Done:
    """The files written, and sentences for the teacher."""

    files: tuple[Path, ...]
    said: tuple[str, ...] = ()


def report(course: Path, assignment: str, output: Path, *, db_url: str = "") -> Done:
    """Write the class report of an assignment as one HTML file. LabError where nothing has been graded."""
    from grader.classroom.report import class_report

    made = class_report(course, assignment, db_url)
    made.save(output)
    return Done((output,), made.sentences())


def similar(course: Path, assignment: str) -> Similar:
    """The similarity signal of an assignment's hand-ins; ``str()`` of it is a table. LabError where there are none."""
    from grader.classroom.similarity import similar as found

    return found(course, assignment)


def export(
    course: Path, kind: str, output: Path, *, assignment: str = "", roster: Path | None = None, db_url: str = ""
) -> Done:
    """Write the grades of a course (or of one assignment) in one of ``KINDS``; "gradescope" writes a folder of files.

    ``roster`` is the platform's own file, to be filled in: Canvas's exported gradebook, Moodle's grading worksheet.
    """
    from grader.classroom import exports, grades, sheet

    if kind not in KINDS:
        raise LabError(f"There is no export {kind!r}.", f"Use one of: {', '.join(KINDS)}.")
    wanted = (assignment,) if assignment else ()
    if kind == "questions":
        return _written(output, exports.questions(_results(course, wanted)))
    chosen = grades.chosen(grades.finals(course, db_url), wanted)
    if not chosen:
        raise LabError(f"{course} has no grades{f' of {assignment}' if assignment else ''}.", "Grade something first.")
    if kind == "gradescope":
        return _gradescope(course, output, chosen)
    own = sheet.opened(roster) if roster is not None else None
    if kind == "canvas":
        return _written(output, exports.canvas(chosen, own))
    if kind == "moodle":
        return _written(output, exports.moodle(chosen, feedback(course, wanted), own))
    return _written(output, exports.plain(chosen))


def feedback(course: Path, assignments: Iterable[str] = ()) -> Feedback:
    """What the grader said to each student about each assignment."""
    from grader.classroom import exports

    return {(r.assignment, r.student): exports.comments(r) for r in _results(course, tuple(assignments))}


def _results(course: Path, assignments: tuple[str, ...]) -> Iterator[Result]:
    from grader.classroom import evidence

    for name in assignments or evidence.assignments(course):
        yield from evidence.read(course, name).results


def _gradescope(course: Path, output: Path, chosen: list[Final]) -> Done:
    """``output``/ASSIGNMENT/STUDENT.json for each recorded result."""
    from grader.classroom import exports

    finals = {(g.assignment, g.student): g for g in chosen}
    files = []
    for result in _results(course, tuple(sorted({g.assignment for g in chosen}))):
        path = output / result.assignment / f"{result.student}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = exports.gradescope(result, finals.get((result.assignment, result.student)))
        path.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        files.append(path)
    return Done(tuple(files))


def _written(output: Path, made: Exported) -> Done:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(made.text, encoding="utf-8", newline="")
    return Done((output,), made.said)


# ── the command line ──────────────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str]) -> int:
    """``report LAB``, ``export KIND`` or ``similar LAB``; 0 where it is done. LabError with what to do instead."""
    from grader.cli import course_of

    options = _parser().parse_args(list(arguments))
    course = course_of(options.course)
    done = {"report": _report, "export": _export, "similar": _similar}[options.command](course, options)
    for sentence in done.said:
        print(sentence)
    shown = done.files if len(done.files) == 1 else sorted({path.parent for path in done.files})
    print("\n".join(f"Written: {path}" for path in shown), end="\n" if shown else "")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ecslab grade", description="What the whole class did.")
    found = parser.add_subparsers(dest="command", required=True)
    made = {
        "report": found.add_parser("report", help="a page on an assignment: scores, questions, who needs help"),
        "similar": found.add_parser("similar", help="hand-ins that resemble each other: a signal, not a proof"),
        "export": found.add_parser("export", help="grades for Canvas, Moodle, Gradescope or a spreadsheet"),
    }
    for name in ("report", "similar"):
        made[name].add_argument("lab", metavar="LAB", help="the assignment, such as 02-task-definitions")
    made["export"].add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    made["export"].add_argument("output", nargs="?", type=Path, metavar="FILE", help="(a folder for gradescope)")
    made["export"].add_argument("--assignment", default="", metavar="LAB", help="only this one")
    made["export"].add_argument("--roster", type=Path, metavar="FILE", help="the platform's own file, to be filled in")
    for name in ("report", "similar"):
        made[name].add_argument("--output", type=Path, metavar="FILE", help="an HTML file")
    for one in made.values():
        one.add_argument("--course", type=Path, default=None, metavar="DIR", help="the nbgrader course")
    return parser


def _report(course: Path, options: argparse.Namespace) -> Done:
    return report(course, options.lab, options.output or course / FOLDER / f"{options.lab}.html")


def _export(course: Path, options: argparse.Namespace) -> Done:
    names = {"csv": "grades.csv", "gradescope": "gradescope"}
    output = options.output or course / FOLDER / names.get(options.kind, f"{options.kind}.csv")
    return export(course, options.kind, output, assignment=options.assignment, roster=options.roster)


def _similar(course: Path, options: argparse.Namespace) -> Done:
    from grader.classroom.beside import section
    from grader.classroom.look import whole_page

    found = similar(course, options.lab)
    output = options.output or course / FOLDER / f"{options.lab}-similar.html"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(whole_page(f"{options.lab}: similar work", section(found)), encoding="utf-8", errors="replace")
    return Done((output,), (str(found),))
