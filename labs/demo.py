"""The whole story in a terminal, in under a minute: ``make demo``.

On the best runtime at hand a lab is started and the services lab begins, solved: a service is made, one of its
tasks is killed, the scheduler replaces it. Then nbgrader grades the whole solved notebook. What is shown is the
lab's own journal. Everything lives in temporary folders and is gone at the end. It is no test and no lab of its own.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecslab.checks.percent import Cell, Role, solution
from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader.build import LABS, Lab, lab
from grader.course import Course
from grader.private import PrivateLab, private_lab

LAST = "4.2"
"""The exercise up to which the lab is played on real containers: the service, and its healing."""
KINDS = ("fault", "image", "placement", "service.created", "service.event", "task.status", "task.stop")


OUT = sys.stdout


class Story:
    """Prints the journal as it is written, in a thread of its own."""

    def __init__(self, private: PrivateLab) -> None:
        self._private = private
        self._seen = 0
        self._began = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Story:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._thread.join()
        self._tell()

    def _follow(self) -> None:
        while not self._over.wait(0.25):
            self._tell()

    def _tell(self) -> None:
        for entry in self._private.call(f"/_ecslab/journal?after={self._seen}")["entries"]:
            self._seen = entry["number"]
            self._began = self._began or entry["at"]
            if entry["kind"].startswith(KINDS):
                say(f"   {entry['at'] - self._began:5.1f} s  {entry['text']}")


def say(line: str) -> None:
    """One line, at once."""
    print(line, file=OUT, flush=True)


def main() -> int:
    """Tell the story; 0 when the solved notebook got full marks."""
    began = real_monotonic()
    services = lab(LABS / "04-services")
    try:
        with inside("auto") as private:
            introduce(private)
            with Story(private):
                play(private, services)
        grade, most = graded(services)
    except LabError as failure:
        say(f"\nThe demo stopped: {failure}")
        return 1
    say(f"\n   Grade of the solved notebook: {grade:g} of {most:g} points")
    say(f"\nIn {real_monotonic() - began:.0f} seconds; nothing is left behind. Your turn: make lab")
    return 0 if grade == most else 1


@contextlib.contextmanager
def inside(runtime: str) -> Iterator[PrivateLab]:
    """A lab of the demo's own, which ``ecslab.connect()`` finds here and in what is started from here."""
    before = os.environ.get("ECSLAB_HOME")
    with private_lab(LABS, runtime) as private:
        os.environ["ECSLAB_HOME"] = str(private.home)
        try:
            yield private
        finally:
            os.environ.pop("ECSLAB_HOME")
            if before is not None:
                os.environ["ECSLAB_HOME"] = before


def introduce(private: PrivateLab) -> None:
    """Which runtime, and why."""
    status = private.call("/_ecslab/status")
    say(f"A lab is open at {status['endpoint']}, on the {status['runtime']} runtime: {status['runtime_reason']}")
    if status["pretended"]:
        say("Only pretended here: " + ", ".join(row["what"] for row in status["pretended"]) + ".")
    say("\nLab 4, solved, on it:\n")


def play(private: PrivateLab, services: Lab) -> None:
    """Run the lab's own cells, solved, up to the exercise LAST, and check each exercise."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in services.cells:
        if cell.role is Role.SCORE:
            report = private.call("/_ecslab/check", {"question": cell.question})
            mark = "✓" if report["outcome"] == "correct" else "✗"
            say(f"   {mark} {cell.question} {report['title']}: {report['message']}")
            if cell.question == LAST:
                return
        elif cell.kind == "code" and cell.role is not Role.CHECK:
            run(cell, names)


def run(cell: Cell, names: dict[str, Any]) -> None:
    """Run one cell; what it prints is what a learner would read below it."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(solution(cell.source), f"<{cell.role} {cell.question}>", "exec"), names)
    for line in printed.getvalue().splitlines():
        say(f"            {line}")


def graded(services: Lab) -> tuple[float, float]:
    """What nbgrader gives for the solved notebook: (points, most). It runs on virtual time."""
    say("\nnbgrader grades the whole notebook, on the simulated runtime in virtual time:")
    with tempfile.TemporaryDirectory(prefix="ecslab-demo-") as folder, inside("simulated"):
        course = Course(Path(folder))
        course.assemble([services])
        course.generate(services.name)
        course.submit(services, "demo", services.questions)
        grade = course.autograde(services.name)["demo"]
    return grade.score, grade.most


if __name__ == "__main__":
    sys.exit(main())
