"""Claims about the gradebook: SQLite or a real PostgreSQL server, and several graders at once on either."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab.errors import LabError
from ecslab.timeline import real_monotonic, real_sleep
from grader import batch, gradebook, jobs
from grader.build import Lab
from grader.claims import claimed
from grader.course import Course
from grader.result import results
from tests.conftest import postgres_programs

STUDENTS = 12
PATIENCE = 60.0
GRADE = """
import sys
from pathlib import Path
from grader import batch, jobs
from grader.build import lab
folder, labs, name = (Path(one) for one in sys.argv[1:4])
assignment = batch.Assignment(course=folder, lab=lab(labs / name))
settings = jobs.Settings(labs=str(labs), unsafe=True)
with batch.local(1) as executor:
    for result in batch.grade_all(assignment, assignment.hand_ins(), settings, executor):
        print(result.student, flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL server of the test's own, on a free port of loopback: who and where, as a URL has it."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        for above in (one for one in folder.parents if not one.stat().st_mode & 0o001):  # the run's own folders
            above.chmod(above.stat().st_mode | 0o011)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    else:
        account = {}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": "/", **account}
    try:
        secret = folder / "secret"
        secret.write_text("s3cret-word")
        secret.chmod(0o644)
        data = ["-D", folder / "data"]
        access = ["-U", "teacher", "--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run([programs / "initdb", *data, *access], check=True, timeout=PATIENCE, **quiet)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-p", str(port)]
        process = subprocess.Popen([programs / "postgres", *data, *options], stderr=subprocess.DEVNULL, **quiet)
        try:
            answers(port)
            yield f"teacher:s3cret-word@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def answers(port: int) -> None:
    """Wait until PostgreSQL takes connections."""
    import psycopg

    ends = real_monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(f"postgresql://teacher:s3cret-word@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            if real_monotonic() > ends:
                raise
            real_sleep(0.1)
        else:
            return


@pytest.fixture
def database(server: str) -> str:
    """The URL of a database of this test's own."""
    import psycopg

    name = f"course{os.urandom(4).hex()}"
    with contextlib.closing(psycopg.connect(f"postgresql://{server}/postgres", autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://{server}/{name}"


def course_of(folder: Path, lab: Lab, url: str = "") -> Course:
    """A course with hand-ins, of which every third solves one question only."""
    course = Course(folder / "course", lab.folder.parent)
    course.assemble([lab])
    for number in range(STUDENTS):
        course.submit(lab, f"s{number:02}", lab.questions if number % 3 else lab.questions[:1])
    if url:
        with (course.folder / gradebook.CONFIG).open("a") as config:
            config.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    return course


def grader(course: Course, lab: Lab) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", GRADE, str(course.folder), str(lab.folder.parent), lab.name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def expected() -> dict[str, float]:
    return {f"s{number:02}": 3.0 if number % 3 else 2.0 for number in range(STUDENTS)}


def graded_by_three(course: Course, lab: Lab) -> None:
    """Three graders at once: each hand-in is graded by one of them, and every score is in the gradebook."""
    graders = [grader(course, lab) for _ in range(3)]
    said = [process.communicate(timeout=300) for process in graders]
    assert [process.returncode for process in graders] == [0, 0, 0], said
    lists = [out.split() for out, _ in said]
    assert sorted(name for names in lists for name in names) == sorted(expected())
    with gradebook.opened(course.folder) as book:
        assert book.scores(lab.name) == expected()
    assert {one.student: one.score for one in results(course.folder, lab.name)} == expected()


@pytest.mark.slow
def test_three_graders_share_a_course_and_its_sqlite_gradebook(tmp_path: Path, mini: Lab) -> None:
    graded_by_three(course_of(tmp_path, mini), mini)


@pytest.mark.slow
@pytest.mark.postgres
def test_three_graders_share_a_gradebook_in_postgresql(tmp_path: Path, mini: Lab, database: str) -> None:
    course = course_of(tmp_path, mini, database)
    graded_by_three(course, mini)
    assert not (course.folder / "gradebook.db").exists()
    course.nbgrader("export", "--to", str(tmp_path / "grades.csv"))
    rows = (tmp_path / "grades.csv").read_text().splitlines()
    assert sum(f",{mini.name}," in f",{row}" or row.startswith(mini.name) for row in rows) == STUDENTS


@pytest.mark.slow
@pytest.mark.postgres
def test_a_score_given_by_hand_in_postgresql_outlives_grading_again(tmp_path: Path, mini: Lab, database: str) -> None:
    from nbgrader.api import Gradebook

    course = course_of(tmp_path, mini, database)
    assignment = batch.Assignment(course=course.folder, lab=mini)
    settings = jobs.Settings(labs=str(mini.folder.parent), unsafe=True)
    one = assignment.hand_ins("s00")
    with batch.local(1) as executor:
        list(batch.grade_all(assignment, one, settings, executor))
        with Gradebook(database) as book:
            book.find_grade("q3-1-score", mini.name, mini.name, "s00").manual_score = 0.5
            book.db.commit()
        list(batch.grade_all(assignment, one, settings, executor))
    with gradebook.opened(course.folder) as book:
        assert book.scores(mini.name)["s00"] == 0.5


@pytest.mark.slow
def test_a_writer_in_the_way_is_waited_for(tmp_path: Path, mini: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    course = course_of(tmp_path, mini)
    assignment = batch.Assignment(course=course.folder, lab=mini)
    with gradebook.opened(course.folder) as book:
        book.prepare(mini, assignment.released)
    other = sqlite3.connect(course.folder / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            other.execute("COMMIT")

    monkeypatch.setattr(gradebook, "real_sleep", pause)
    settings = jobs.Settings(labs=str(mini.folder.parent), unsafe=True)
    with batch.local(1) as executor:
        found = list(batch.grade_all(assignment, assignment.hand_ins("s01"), settings, executor))
    assert [one.score for one in found] == [3.0]
    assert len(pauses) == 2
    other.close()


def test_a_hand_in_is_one_graders_until_it_is_released_or_dead(tmp_path: Path) -> None:
    claim = claimed(tmp_path)
    assert claim is not None
    assert claimed(tmp_path) is None
    assert claimed(tmp_path / "gone") is None
    claim.release()
    again = claimed(tmp_path)
    assert again is not None
    again.release()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://teacher:s3cret-word@127.0.0.1:1/course", "refused"),
        ("oracle://teacher:s3cret-word@127.0.0.1/course", "cannot be opened|package"),
        ("teacher:s3cret-word@nowhere", "cannot be opened"),
    ],
)
@pytest.mark.postgres
def test_a_gradebook_that_cannot_be_had_is_one_sentence_without_the_password(
    tmp_path: Path, url: str, said: str
) -> None:
    (tmp_path / gradebook.CONFIG).write_text(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n")
    with pytest.raises(LabError, match=said) as refused, gradebook.opened(tmp_path):
        pass
    assert "s3cret" not in str(refused.value) + str(refused.value.message)
