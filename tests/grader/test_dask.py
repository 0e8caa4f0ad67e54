"""Claims about grading on a Dask cluster: two workers as processes of their own, one killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab.timeline import real_monotonic, real_sleep
from grader import batch, jobs
from grader.build import Lab
from grader.course import Course
from grader.result import results

pytest.importorskip("distributed")

STUDENTS = 10
PATIENCE = 60.0


def begun(folder: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--no-dashboard", *options]
    scratch = os.environ | {"DASK_TEMPORARY_DIRECTORY": str(folder)}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, stdin=quiet, env=scratch)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The scheduler's address and its two workers."""
    file = tmp_path / "scheduler.json"
    scheduler = begun(tmp_path, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    ends = real_monotonic() + PATIENCE
    while not file.is_file() and real_monotonic() < ends:
        real_sleep(0.1)
    address = json.loads(file.read_text())["address"]
    options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    workers = [begun(tmp_path, "worker", address, *options) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.terminate()
        process.wait(30)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_nothing_and_nothing_is_graded_twice(
    tmp_path: Path, mini: Lab, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    from grader.dask import cluster as executor_of

    course = Course(tmp_path / "course", mini.folder.parent)
    course.assemble([mini])
    for number in range(STUDENTS):
        course.submit(mini, f"s{number}", mini.questions)
    assignment = batch.Assignment(course=course.folder, lab=mini)
    settings = jobs.Settings(labs=str(mini.folder.parent), unsafe=True)
    address, workers = cluster
    graded = []
    with executor_of(address) as executor:
        for result in batch.grade_all(assignment, assignment.hand_ins(), settings, executor):
            graded.append(result)
            if len(graded) == 2:
                workers[0].send_signal(signal.SIGKILL)
    assert sorted(one.student for one in graded) == sorted(f"s{number}" for number in range(STUDENTS))
    assert {one.score for one in graded} == {3.0}
    assert len(list(results(course.folder, mini.name))) == STUDENTS
