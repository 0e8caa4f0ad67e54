"""Grading against stock ``nbgrader autograde``: the same hand-ins in the same run (aim: 30 times as many a minute).

    python benchmarks/grading.py [--lab LAB] [--stock N] [--ours M]

N hand-ins (4) go through nbgrader as it comes (a kernel for each, no sandbox) and its feedback; M (24) through
``ecslab grade`` with one worker, then with two: sandbox, gradebook, notebooks and feedback pages included. Both start
from a bare command. Memory is what one more hand-in under way takes: private memory of the lab's fork and of the
program in the sandbox (aim: 60 MB).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from grader.build import LABS, lab
from grader.course import Course

AIM, CORES_AIM, MEMORY_AIM = 30.0, 1.8, 60.0
MB = 1 << 20
STOCK = """c = get_config()
c.CourseDirectory.course_id = "ecslab"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\npass"}
c.Execute.timeout = 120
"""
"""nbgrader as it comes: its own executor, a graceful end of each kernel."""


def course(folder: Path, name: str, count: int) -> Course:
    """A course with so many hand-ins, from nothing solved to everything solved."""
    one = lab(LABS / name)
    made = Course(folder)
    made.assemble([one])
    questions = list(one.points)
    for number in range(count):
        solved = questions[: round(len(questions) * (number + 1) / count)]
        made.submit(one, f"s{number:03d}", solved)
    made.generate(name)
    return made


def stock(folder: Path, name: str, count: int) -> float:
    """Seconds for one hand-in by nbgrader itself, its commands' start included."""
    made = course(folder, name, count)
    (folder / "nbgrader_config.py").write_text(STOCK)
    began = time.perf_counter()
    made.nbgrader("autograde", name, "--force", "--create")
    made.nbgrader("generate_feedback", name, "--force")
    return (time.perf_counter() - began) / count


def ours(made: Course, name: str, count: int, workers: int) -> tuple[float, float]:
    """(seconds for one hand-in by ``ecslab grade``, MB that one more under way takes)."""
    command = [str(Path(sys.executable).with_name("ecslab")), "grade", name, "--course", str(made.folder), "--force"]
    with subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        began = time.perf_counter()
        peak = [0.0]
        watching = threading.Thread(target=watch, args=(process, peak), daemon=True)
        watching.start()
        process.wait()
        took = (time.perf_counter() - began) / count
    return took, peak[0]


def watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    """The most private memory that a fork of a worker has had."""
    while process.poll() is None:
        try:
            workers = [one for one in psutil.Process(process.pid).children() if is_worker(one)]
            forks = [fork for worker in workers for fork in worker.children() if is_worker(fork)]
            peak[0] = max([peak[0], *(fork.memory_full_info().uss / MB for fork in forks)])
        except psutil.Error:
            pass
        time.sleep(0.05)


def is_worker(process: psutil.Process) -> bool:
    """A worker, or its fork for one hand-in."""
    return "grader.worker" in process.cmdline()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Grading, against stock nbgrader.")
    parser.add_argument("--lab", default="05-launch-types")
    parser.add_argument("--stock", type=int, default=4)
    parser.add_argument("--ours", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as folder:
        theirs = stock(Path(folder) / "stock", options.lab, options.stock)
        made = course(Path(folder) / "ours", options.lab, options.ours)
        one, memory = ours(made, options.lab, options.ours, 1)
        two, _ = ours(made, options.lab, options.ours, 2)
    print(f"grading {options.lab}, {os.cpu_count()} cores: seconds for one hand-in, everything included")
    print(f"  stock nbgrader (no sandbox)   {theirs:8.2f} s   {60 / theirs:6.1f} a minute")
    print(f"  ecslab grade, 1 worker        {one:8.2f} s   {60 / one:6.1f} a minute")
    print(f"  ecslab grade, 2 workers       {two:8.2f} s   {60 / two:6.1f} a minute")
    print(f"  against stock                 {theirs / two:8.1f}     {verdict(theirs / two >= AIM, AIM)}")
    print(f"  two workers against one       {one / two:8.2f}     {verdict(one / two >= CORES_AIM, CORES_AIM)}")
    print(f"  memory of a lab under way     {memory:8.1f} MB  {verdict(memory <= MEMORY_AIM, MEMORY_AIM)}")


def verdict(held: bool, aim: float) -> str:
    """Whether an aim is held."""
    return f"aim {aim:g}" if held else f"not the aim of {aim:g}"


if __name__ == "__main__":
    main()
