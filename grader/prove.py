"""``python -m grader.prove [LAB…]``: every exercise fails unsolved, passes solved, knows its mistakes.

Runs the cells of ``lab.py`` in this process against a private lab server: fast, without Jupyter. Not the grader of
learners' work (this runs our own code only). Invariant: each case starts from an empty account, with the questions
that its own one needs solved (all before it, where the cell's marker has no ``needs``).
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecslab.checks.percent import Cell, Role, solution
from ecslab.client.reports import Report, Score
from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader.build import Lab, lab, lab_folders
from grader.notebooks import without_solution
from grader.private import PrivateLab, private_lab

SKIPPED = (Role.CHECK, Role.SCORE)  # the proof reads the score cell of its own question only


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to answer a question, and what must come of it.

    ``code`` replaces the question's solution cell, ``expects`` are finding codes that must fail or an outcome,
    ``score`` the points it must get (None: any but full). ``stub`` is what an unsolved notebook has in that place:
    it runs first and must score 0. A case with a stub may raise nothing.
    """

    question: str
    name: str
    code: str
    expects: tuple[str, ...] = ()
    score: float | None = None
    stub: str | None = None


class Disproved(AssertionError):
    """A case did not come out as it must."""


def cases(one: Lab) -> list[Case]:
    """Every case of a lab: each question unsolved and then solved, then the mistakes."""
    solved = [
        Case(
            question=cell.question,
            name="unsolved, then solved",
            code=solution(cell.source),
            score=one.points[cell.question],
            stub=without_solution(cell),
        )
        for cell in one.cells
        if cell.written and cell.role is not Role.MANUAL
    ]
    return solved + [mistake(path) for path in sorted((one.folder / "mistakes").glob("*.py"))]


def mistake(path: Path) -> Case:
    """A file of ``mistakes/``: header comments, then the code. Errors: LabError for a header that is not whole."""
    text = path.read_text(encoding="utf-8")
    header = dict(re.findall(r"^# (question|expects|score): *(.+?) *$", text, flags=re.MULTILINE))
    if not {"question", "expects"} <= header.keys():
        raise LabError(f"{path} does not say its question and what it expects.", "labs/README.md shows the header.")
    return Case(
        question=header["question"],
        name=path.name,
        code=text,
        expects=tuple(re.split(r"[ ,]+", header["expects"])),
        score=float(header["score"]) if "score" in header else None,
    )


def prove(one: Lab, case: Case, private: PrivateLab) -> Report:
    """Run one case on an emptied account; what its score cell then says. Disproved saying what came instead."""
    if case.question not in one.questions:
        raise LabError(f"{one.name}: {case.name} is about question {case.question}, which there is not.")
    private.reset()
    cells = needed(one.cells, case.question)
    with _inside(private):
        namespace, raised = _run(cells, case)
        report = _asked(cells, namespace)
    wrong = _objections(case, report, one.points[case.question])
    if wrong:
        raise Disproved(f"{one.name} {case.question} {case.name}: {wrong}. {_told(report)}{raised}")
    return report


def _asked(cells: Sequence[Cell], namespace: dict[str, Any]) -> Report:
    """What the score cell, the last of them, gives: the very expression that nbgrader grades."""
    score: Score = eval(cells[-1].source, namespace)
    return score.report


# ── running ───────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _inside(private: PrivateLab) -> Iterator[None]:
    """``ecslab.connect()`` attaches to the private lab, and what cells print goes nowhere."""
    before = dict(os.environ)
    os.environ.update(ECSLAB_HOME=str(private.home), ECSLAB_RUNTIME=private.runtime)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def needed(cells: Sequence[Cell], question: str) -> list[Cell]:
    """The cells to run for a question: all setup, the sections of what it needs, its own up to the score cell.

    A question's section is everything after the score cell before it.
    """
    order = [cell.question for cell in cells if cell.role is Role.SCORE]
    needs = {cell.question: cell.needs for cell in cells if cell.written}
    wanted, open_ones = {question}, [question]
    while open_ones:
        number = open_ones.pop()
        before = needs[number]
        more = set(order[: order.index(number)] if before is None else before) - wanted
        wanted |= more
        open_ones += more
    chosen: list[Cell] = []
    section = iter(order)
    current = next(section)
    for cell in cells:
        if current in wanted or cell.role is Role.SETUP:
            chosen.append(cell)
        if cell.role is Role.SCORE:
            if cell.question == question:
                break
            current = next(section)
    return chosen


def _run(cells: Sequence[Cell], case: Case) -> tuple[dict[str, Any], str]:
    """Run these cells, the case's own code in its place: their names, and what they raised where that is allowed."""
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown, **options: None}
    raised = ""
    reached = False
    for cell in cells:
        own = cell.written and cell.question == case.question
        reached = reached or own
        if cell.kind != "code" or cell.role in SKIPPED:
            continue
        if own and case.stub is not None:
            exec(compile(case.stub, f"<unsolved {case.question}>", "exec"), namespace)
            _refuse_points(case, _asked(cells, namespace))
        try:
            exec(compile(_code(cell, case), f"<{cell.role} {cell.question}>", "exec"), namespace)
        except Exception as failure:
            told = f"{cell.source.splitlines()[0][:60]!r}… raised {failure!r}"
            if case.stub is not None or not reached:
                raise Disproved(f"{case.question} {case.name}: the cell {told}") from failure
            raised += f" (the cell {told})"
    return namespace, raised


def _refuse_points(case: Case, report: Report) -> None:
    if report.score or report.outcome == "uncheckable":
        raise Disproved(f"{case.question}, unsolved: expected 0 points. {_told(report)}")


def _code(cell: Cell, case: Case) -> str:
    if not cell.written:
        return cell.source
    return case.code if cell.question == case.question else solution(cell.source)


def _objections(case: Case, report: Report, points: float) -> str:
    codes = {finding["code"] for finding in report.findings if not finding["passed"]}
    missing = [wanted for wanted in case.expects if wanted not in codes | {report.outcome}]
    if missing:
        return f"expected {', '.join(missing)}"
    if report.outcome == "uncheckable" and "uncheckable" not in case.expects:
        return "the check could not look"
    if case.score is not None and report.score != case.score:
        return f"expected {case.score:g} points"
    if case.score is None and report.score >= points:
        return "a mistake got full marks"
    return ""


def _told(report: Report) -> str:
    lines = [f"{'✓' if f['passed'] else '✗'} {f['text']} [{f['code']}]" for f in report.findings]
    verdict = f"Got {report.outcome}, {report.score:g} of {report.points:g} points: {report.message}"
    return "\n  ".join([verdict, *lines])


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit code 0 where every case comes out as it must."""
    parser = argparse.ArgumentParser(prog="python -m grader.prove", description="Prove that labs grade right.")
    parser.add_argument("labs", nargs="*", type=Path, metavar="LAB", help="lab folders (all, if none is named)")
    parser.add_argument("--runtime", default="simulated", choices=("simulated", "process", "docker"))
    parser.add_argument("--question", default="", help="only this question")
    parser.add_argument("--solved", action="store_true", help="only that each exercise can be solved; no mistakes")
    options = parser.parse_args(arguments)
    wrong = 0
    for folder in [path.resolve() for path in options.labs] or lab_folders():
        with private_lab(folder.parent, options.runtime) as private:
            wrong += sum(_shown(one, case, private) for one, case in _chosen(folder, options.question, options.solved))
    return 1 if wrong else 0


def _chosen(folder: Path, question: str, solved: bool) -> list[tuple[Lab, Case]]:
    one = lab(folder)
    wanted = [case for case in cases(one) if case.stub is not None or not solved]
    return [(one, case) for case in wanted if question in ("", case.question)]


def _shown(one: Lab, case: Case, private: PrivateLab) -> int:
    began = real_monotonic()
    try:
        report = prove(one, case, private)
    except (Disproved, LabError) as wrong:
        print(f"✗ {wrong}", flush=True)
        return 1
    took = real_monotonic() - began
    print(f"✓ {one.name} {case.question} {case.name}: {report.score:g} points ({took:.1f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
