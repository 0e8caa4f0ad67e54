"""Claims about ``ecslab grade``: every hand-in gets a result and a sentence, in nbgrader's own gradebook, once."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import batch, notebooks
from grader.build import Lab, lab
from grader.cli import main
from grader.course import Course
from grader.result import Result, load, path_of
from tests.grader.conftest import CHECKS, MINI


@dataclass
class Class:
    """A course with a few hand-ins of the mini lab, graded by the command."""

    course: Course
    lab: Lab

    def grade(self, *options: str) -> int:
        return main([self.lab.name, "--course", str(self.course.folder), "--workers", "1", *options])

    def result(self, student: str) -> Result:
        return load(path_of(self.course.folder, student, self.lab.name))

    def scores(self) -> dict[str, float]:
        with Gradebook(f"sqlite:///{self.course.folder / 'gradebook.db'}") as book:
            return {one.student.id: one.score for one in book.assignment_submissions(self.lab.name)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A class that has been graded once. Its tests change copies of it."""
    top = tmp_path_factory.mktemp("graded")
    folder = top / "labs" / "03-mini"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(MINI)
    (folder / "checks.py").write_text(CHECKS)
    mini = lab(folder)
    course = Course(top / "course", folder.parent)
    course.assemble([mini])
    (course.folder / "labs").symlink_to(folder.parent)
    course.submit(mini, "ada", mini.questions)
    course.submit(mini, "bob", [])
    course.submit(mini, "eve", []).write_text("not a notebook")
    (course.folder / "submitted" / "zoe" / mini.name).mkdir(parents=True)
    found = Class(course, mini)
    assert found.grade() == 0
    return found


@pytest.fixture
def room(tmp_path: Path, graded: Class) -> Class:
    """A copy of the graded class, labs and all."""
    shutil.copytree(graded.course.folder, tmp_path / "course")
    return Class(Course(tmp_path / "course", graded.lab.folder.parent), graded.lab)


def test_every_hand_in_gets_a_grade_a_notebook_a_page_and_a_sentence(room: Class) -> None:
    assert room.scores() == {"ada": 3.0, "bob": 0.0, "eve": 0.0, "zoe": 0.0}
    for student in room.scores():
        assert room.result(student).why.endswith(".")
        folder = room.course.folder
        assert (folder / "feedback" / student / room.lab.name / f"{room.lab.name}.html").is_file()
        nbformat.read(folder / "autograded" / student / room.lab.name / f"{room.lab.name}.ipynb", as_version=4)
    assert "not valid JSON" in room.result("eve").why


def test_a_second_run_grades_only_what_is_new(room: Class, capsys: pytest.CaptureFixture[str]) -> None:
    room.course.submit(room.lab, "bob", room.lab.questions)
    room.grade()
    assert "1 graded now" in capsys.readouterr().out
    assert room.scores()["bob"] == 3.0


def test_one_question_is_graded_anew_from_the_evidence_without_running_a_notebook(
    room: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (room.course.folder / "submitted").rglob("*.ipynb"):
        path.unlink()
    checks = room.course.folder / "labs" / room.lab.name / "checks.py"
    checks.write_text(checks.read_text().replace("world.answer() == 4", "world.answer() == 5"))
    assert room.grade("--question", "3.2") == 0
    assert room.scores() == {"ada": 2.0, "bob": 0.0, "eve": 0.0, "zoe": 0.0}
    assert "ada: 3 → 2 of 3" in capsys.readouterr().out


def test_a_manual_score_is_kept_and_marked_for_another_look(room: Class) -> None:
    url = f"sqlite:///{room.course.folder / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.find_grade("q3-1-score", room.lab.name, room.lab.name, "bob").manual_score = 1.5
        book.db.commit()
    room.grade("--force")
    assert room.scores()["bob"] == 1.5
    with Gradebook(url) as book:
        assert book.find_grade("q3-1-score", room.lab.name, room.lab.name, "bob").needs_manual_grade


def test_a_late_hand_in_is_entered_as_late(room: Class) -> None:
    with Gradebook(f"sqlite:///{room.course.folder / 'gradebook.db'}") as book:
        book.update_or_create_assignment(room.lab.name, duedate="2026-01-01 00:00:00 UTC")
    (room.course.folder / "submitted" / "ada" / room.lab.name / "timestamp.txt").write_text("2026-01-01 01:00:00 UTC")
    room.grade("--force")
    with Gradebook(f"sqlite:///{room.course.folder / 'gradebook.db'}") as book:
        assert book.find_submission(room.lab.name, "ada").total_seconds_late == 3600


def test_nbgrader_exports_what_was_graded(room: Class) -> None:
    assert {grade.student: grade.score for grade in room.course.grades(room.lab.name)} == room.scores()


def test_what_is_asked_for_and_is_not_there_is_said(room: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert room.grade("--question", "3.9") == 1
    assert main(["99-none", "--course", str(room.course.folder)]) == 1
    said = capsys.readouterr().err
    assert "no question 3.9" in said
    assert "no lab 99-none" in said
    assert "03-mini" in said


def test_the_graded_notebook_shows_the_findings_and_one_number(room: Class) -> None:
    path = room.course.folder / "autograded" / "ada" / room.lab.name / f"{room.lab.name}.ipynb"
    cell = next(one for one in nbformat.read(path, as_version=4).cells if one.id == "q3-1-score")
    assert "Finding about 3.1." in json.dumps(cell.outputs)
    assert [one.data["text/plain"] for one in cell.outputs if one.output_type == "execute_result"] == ["2.0"]


def test_hand_ins_without_a_lab_of_their_own_are_listed_by_folder(room: Class) -> None:
    found = batch.Assignment(course=room.course.folder, lab=room.lab).hand_ins()
    assert [one.student for one in found] == ["ada", "bob", "eve", "zoe"]
    assert found[-1].text == ""
    assert notebooks.submission(room.lab.cells, room.lab.questions) == found[0].text


VARIED = """# %% role="setup"
import ecslab

lab = ecslab.connect()

# %% question="4.1" role="solution"
### BEGIN SOLUTION
lab.answer("4.1", lab.variant("4.1")["size"] * 2)


def double(number):
    return number * 2
### END SOLUTION

# %% question="4.1" role="score" points=1
lab.score("4.1")

# %% question="4.2" role="answer"
lab.answer("4.2", 1)

# %% question="4.2" role="score" points=1
lab.score("4.2")
"""
VARIED_CHECKS = """
from ecslab.checks import Question, failed, passed


def size(random):
    return {"size": random.randint(1, 10**9)}


def twice(world):
    yield passed("Twice.") if world.answer() == 2 * world.variant["size"] else failed("Not twice.")


def function(world):
    wrong = [n for n in (3, 10**6, -1) if world.call("double", n) != 2 * n]
    yield failed(f"double({wrong[0]}) is another number.") if wrong else passed("It doubles.")


QUESTIONS = (
    Question(number="4.1", title="Yours", points=1, check=twice, answer=True, variant=size),
    Question(number="4.2", title="Function", points=1, check=function),
)
"""


def test_each_learner_has_numbers_of_their_own_and_functions_are_called_from_outside(tmp_path: Path) -> None:
    folder = tmp_path / "labs" / "04-varied"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(VARIED)
    (folder / "checks.py").write_text(VARIED_CHECKS)
    one = lab(folder)
    course = Course(tmp_path / "course", folder.parent)
    course.assemble([one])
    (course.folder / "labs").symlink_to(folder.parent)
    course.submit(one, "ada", one.questions)
    course.submit(one, "bob", one.questions)
    theirs = notebooks.submission(one.cells, one.questions)
    cheated = theirs.replace('lab.variant(\\"4.1\\")[\\"size\\"] * 2', "17").replace("return number * 2", "return 6")
    course.submit(one, "eve", []).write_text(cheated)
    room = Class(course, one)
    assert room.grade() == 0
    assert room.scores() == {"ada": 2.0, "bob": 2.0, "eve": 0.0}
    for question in one.questions:
        assert room.grade("--question", question) == 0
    assert room.scores() == {"ada": 2.0, "bob": 2.0, "eve": 0.0}


def test_nbgraders_command_writes_our_page_with_what_a_teacher_gave(room: Class) -> None:
    name = room.lab.name
    with Gradebook(f"sqlite:///{room.course.folder / 'gradebook.db'}") as book:
        book.find_grade("q3-1-score", name, name, "bob").manual_score = 1.5
        book.find_comment("q3-1-solution", name, name, "bob").manual_comment = "Look at <units> again."
        book.find_submission_notebook(name, name, "ada").late_submission_penalty = 0.5
        book.db.commit()
    evidence = path_of(room.course.folder, "zoe", name)
    evidence.unlink()
    room.course.feedback(name)
    pages = {one: (room.course.folder / "feedback" / one / name / f"{name}.html").read_text() for one in room.scores()}
    assert "1.5 of 3 points" in pages["bob"]
    assert "Your teacher gave 1.5 of 2 points." in pages["bob"]
    assert "Look at &lt;units&gt; again." in pages["bob"]
    assert "Give your answer first" in pages["bob"]
    assert "Finding about 3.1." in pages["ada"]
    assert "2.5 of 3 points" in pages["ada"]
    assert "cost 0.5 points" in pages["ada"]
    assert "Your teacher" not in pages["ada"] + pages["eve"]
    assert "0 of 3 points" in pages["eve"]
    assert "0 of 3 points" not in pages["zoe"]  # no evidence: nbgrader's own page
    assert "(Score: 0.0 / 3.0)" in pages["zoe"]
    assert not any("world.answer" in page or "256" in page for page in (pages["bob"], pages["eve"]))
