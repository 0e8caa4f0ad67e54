"""The whole story in a terminal, in under a minute: ``make demo``.

On the best runtime at hand a lab is started and the services lab begins, solved: a service is made, one of its
tasks is killed, the scheduler replaces it. Then nbgrader grades the whole solved notebook. What is shown is the
lab's own journal. Everything lives in temporary folders and is gone at the end. It is no test and no lab of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ecslab.checks.percent import Cell, Role, solution
from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader.build import LABS, Lab, lab
from grader.course import Course, Grade
from grader.private import PrivateLab, private_lab

LAST = "4.2"
"""The exercise up to which the lab is played on real containers: the service, and its healing."""
TOLD = ("fault", "placement.failed", "service.created", "service.event")
STATES = ("RUNNING", "STOPPED")
STUDENT = "demo"
OUT = sys.stdout


def say(line: str) -> None:
    """One line, at once, ids of tasks shortened as the journal shortens them."""
    print(re.sub(r"\b([0-9a-f]{8})[0-9a-f]{24}\b", r"\1", line), file=OUT, flush=True)


class Story:
    """Prints the journal as it is written, in a thread of its own; ``tell`` prints what is still to be told."""

    def __init__(self, private: PrivateLab) -> None:
        self._private = private
        self._seen = 0
        self._began = 0.0
        self._telling = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Story:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(0.1):
            self.tell()

    def tell(self) -> None:
        """Print the entries that are new."""
        with self._telling:
            for entry in self._private.call(f"/_ecslab/journal?after={self._seen}")["entries"]:
                self._seen = entry["number"]
                self._began = self._began or entry["at"]
                if entry["kind"].startswith(TOLD) or entry["data"].get("to") in STATES:
                    say(f"   {entry['at'] - self._began:5.1f} s  {entry['text']}")


def main() -> int:
    """Tell the story; 0 when the solved notebook got full marks."""
    arguments = argparse.ArgumentParser(prog="make demo", description="The story of ecslab, in under a minute.")
    arguments.add_argument("--runtime", default="auto", choices=("auto", "docker", "process"))
    runtime = arguments.parse_args().runtime
    began = real_monotonic()
    try:
        grade = told(lab(LABS / "04-services"), runtime)
    except LabError as failure:
        say(f"\nThe demo stopped: {failure}")
        return 1
    say(f"The grade: {grade.score:g} of {grade.most:g} points.\n")
    say(f"That took {real_monotonic() - began:.0f} seconds, and nothing of it is left behind. Your turn: make lab")
    return 0 if grade.score == grade.most else 1


def told(services: Lab, runtime: str) -> Grade:
    """The story, while nbgrader prepares its assignment; then its grade of the whole solved notebook."""
    with tempfile.TemporaryDirectory(prefix="ecslab-demo-") as folder, ThreadPoolExecutor(1) as pool:
        preparing = pool.submit(prepared, Path(folder), services)
        with opened(runtime) as private:
            introduce(private)
            with Story(private) as story:
                play(private, services, story)
        say(f"\nnbgrader runs and grades all of {services.name}, solved, in virtual time…")
        return preparing.result().autograde(services.name)[STUDENT]


def prepared(folder: Path, services: Lab) -> Course:
    """An nbgrader course with one assignment and one hand-in: every exercise solved."""
    course = Course(folder)
    course.assemble([services])
    course.generate(services.name)
    course.submit(services, STUDENT, services.questions)
    return course


@contextlib.contextmanager
def opened(runtime: str) -> Iterator[PrivateLab]:
    """A lab of the demo's own, which ``ecslab.connect()`` finds here."""
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
    say(f"A lab is open at {status['endpoint']} on the {status['runtime']} runtime: {status['runtime_reason']}.")
    if status["pretended"]:
        say("Only pretended here: " + ", ".join(row["what"] for row in status["pretended"]) + ".")


def play(private: PrivateLab, services: Lab, story: Story) -> None:
    """Run the lab's own cells, solved, up to the exercise LAST; check each exercise."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in services.cells:
        if cell.role is Role.SCORE:
            report = private.call("/_ecslab/check", {"question": cell.question})
            story.tell()
            say(f"   {'✓' if report['outcome'] == 'correct' else '✗'} {report['message']}")
            if cell.question == LAST:
                return
        elif cell.written:
            say(f"\nExercise {cell.question}")
            run(cell, names)
            story.tell()
        elif cell.kind == "code" and cell.role is not Role.CHECK:
            run(cell, names)


def run(cell: Cell, names: dict[str, Any]) -> None:
    """Run one cell; show what the containers answered, not what the story has told already."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(solution(cell.source), f"<{cell.role} {cell.question}>", "exec"), names)
    for line in printed.getvalue().splitlines():
        if line.startswith("Hello"):
            say(f"   a container answers: {line}")


if __name__ == "__main__":
    sys.exit(main())
