"""``ecslab grade``: one command in front of the sandboxed grader and nbgrader's gradebook.

    ecslab grade LAB                     grade what has been handed in and is not graded yet
    ecslab grade LAB --question 2.4      take one question's points anew, from the evidence, without running anything
    ecslab grade report|export|similar   what the whole class did

Only the conversation with the teacher; the work is ``batch``'s. Invariant: it starts in under a second, and what has
been graded when it is interrupted stays graded.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecslab.errors import LabError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from grader.batch import Assignment, HandIn
    from grader.jobs import Settings
    from grader.result import Result

HERE = Path(__file__).resolve().parent
LABS = HERE.parent / "labs"
OTHERS = ("report", "export", "similar")
SANDBOXES = ("docker", "bubblewrap", "landlock")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit code 0 where everything that could be graded is, 1 where something was refused."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given and given[0] in OTHERS:
            return _class(given)
        return _grade(_parser().parse_args(given))
    except LabError as wrong:
        print(f"{wrong.message}\n{wrong.hint}".strip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was graded is kept; run the same command again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ecslab grade",
        description="Grade hand-ins in a sandbox, into nbgrader's gradebook.",
        epilog="`ecslab grade report|export|similar LAB` says what the whole class did.",
    )
    parser.add_argument("lab", nargs="?", metavar="LAB", help="the assignment, such as 02-task-definitions")
    parser.add_argument("--course", type=Path, default=None, metavar="DIR", help="the nbgrader course")
    parser.add_argument("--student", default="*", metavar="ID", help="only this student (a pattern: 'a*')")
    parser.add_argument("--question", default="", metavar="N", help="only regrade this question from the evidence")
    parser.add_argument("--force", action="store_true", help="grade again what has been graded")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="hand-ins at a time (one for each core)")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster that does the grading")
    parser.add_argument("--require-sandbox", choices=SANDBOXES, default="", help="the weakest sandbox to accept")
    parser.add_argument("--sandbox", choices=SANDBOXES, default="", help="the one sandbox to use")
    parser.add_argument("--unsafe", action="store_true", help="grade without a sandbox where there is none")
    parser.add_argument("--cell-seconds", type=float, default=30.0, metavar="S", help="for one cell (30)")
    parser.add_argument("--seconds", type=float, default=180.0, metavar="S", help="for one notebook (180)")
    parser.add_argument("--sandboxes", action="store_true", help="say which sandboxes there are here, and end")
    return parser


def course_of(given: Path | None) -> Path:
    """The course folder: the one given, this one if it is a course, else the lab's own ``grader/``. LabError."""
    if given is None:
        given = Path.cwd() if (Path.cwd() / "nbgrader_config.py").is_file() else HERE
    if not given.is_dir():
        raise LabError(f"There is no course folder {given}.", "Make one with `ecslab course new --course DIR`.")
    return given.resolve()


def _grade(options: argparse.Namespace) -> int:
    if options.sandboxes:
        return _sandboxes()
    if not options.lab:
        _parser().print_help()
        return 2
    from grader import batch, jobs
    from grader.sandbox.rung import Limits

    course = course_of(options.course)
    assignment = batch.assignment_of(course, options.lab, LABS)
    settings = jobs.Settings(
        labs=str(assignment.lab.folder.parent),
        rung=options.require_sandbox,
        exactly=options.sandbox,
        unsafe=options.unsafe,
        limits=Limits(cell_seconds=options.cell_seconds, seconds=options.seconds),
    )
    hand_ins = assignment.hand_ins(options.student)
    if not hand_ins:
        raise LabError(
            f"Nothing has been handed in for {options.lab} in {course / 'submitted'}.",
            f"A hand-in is submitted/STUDENT/{options.lab}/{options.lab}.ipynb.",
        )
    with _executor(options) as executor:
        if options.question:
            return _regrade(assignment, options.question, hand_ins, (settings, executor))
        return _run(assignment, hand_ins, options.force, (settings, executor))


@contextmanager
def _executor(options: argparse.Namespace) -> Iterator[Executor]:
    from grader import batch

    if options.scheduler:
        from grader.dask import cluster

        with cluster(options.scheduler) as executor:
            yield executor
        return
    with batch.local(options.workers or os.cpu_count() or 1) as executor:
        yield executor


def _run(assignment: Assignment, hand_ins: list[HandIn], force: bool, how: tuple[Settings, Executor]) -> int:
    from grader import batch
    from grader.result import load, path_of

    waiting = [one for one in hand_ins if force or not assignment.graded(one)]
    fresh: list[Result] = []
    with _progress(assignment.lab.name, len(waiting)) as step:
        for result in batch.grade_all(assignment, waiting, *how):
            fresh.append(result)
            step(f"{result.student}: {result.score:g} of {result.points:g}")
    ours = {one.student for one in fresh}
    others = [path_of(assignment.course, one.student, assignment.lab.name) for one in hand_ins]
    done = [load(path) for path in others if path.parent.name not in ours and path.is_file()]
    _table(assignment, sorted([*done, *fresh], key=lambda one: one.student), ours)
    return 0


def _regrade(assignment: Assignment, question: str, hand_ins: list[HandIn], how: tuple[Settings, Executor]) -> int:
    from grader import batch

    changed = []
    with _progress(f"{assignment.lab.name} {question}", len(hand_ins)) as step:
        for before, after in batch.regrade_all(assignment, question, [one.student for one in hand_ins], *how):
            step(after.student)
            if before.score != after.score:
                changed.append((before, after))
    for before, after in sorted(changed, key=lambda pair: pair[0].student):
        print(f"{after.student}: {before.score:g} → {after.score:g} of {after.points:g}")
    print(f"Question {question}: {len(changed)} of {len(hand_ins)} totals changed.")
    return 0


@contextmanager
def _progress(what: str, total: int) -> Iterator[Any]:
    """A bar with the time that is left, on a terminal; a line now and then elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=total, last="")
        yield lambda last: bar.update(task, advance=1, last=last)


def _lines(what: str, total: int) -> Any:
    said = [0]

    def step(last: str) -> None:
        said[0] += 1
        if said[0] == total or said[0] % max(1, total // 10) == 0:
            print(f"{what}: {said[0]} of {total} ({last})", file=sys.stderr, flush=True)

    return step


def _table(assignment: Assignment, results: list[Result], fresh: set[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{assignment.lab.name}: {len(results)} hand-ins, {len(fresh)} graded now")
    table.add_column("student")
    for number in assignment.lab.points:
        table.add_column(number, justify="right")
    table.add_column("points", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("why")
    for one in results:
        scores = [f"{found.score:g}" for found in one.questions]
        seconds = f"{one.seconds:.1f}" if one.student in fresh else "kept"
        table.add_row(one.student, *scores, f"{one.score:g}/{one.points:g}", seconds, one.why)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    used = sorted({one.sandbox for one in results if one.sandbox})
    print(f"Sandbox: {', '.join(used) or 'none was needed'}. Feedback: {assignment.course / 'feedback'}.")


def _sandboxes() -> int:
    from grader.sandbox.ladder import probed

    for found in probed():
        print(f"{found.rung.name:<12} {'works here' if not found.lacking else 'no: ' + found.lacking}")
    return 0


def _class(given: Sequence[str]) -> int:
    from grader.classroom import commands

    return commands.main(given)
