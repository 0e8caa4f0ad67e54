"""Claims about ``ecslab grade``: every hand-in gets a result and a sentence, in nbgrader's own gradebook, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import batch, notebooks
from grader.build import Lab
from grader.cli import main
from grader.course import Course
from grader.result import Result, load, path_of


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


@pytest.fixture
def room(tmp_path: Path, mini: Lab) -> Class:
    course = Course(tmp_path / "course", mini.folder.parent)
    course.assemble([mini])
    (course.folder / "labs").symlink_to(mini.folder.parent)
    course.submit(mini, "ada", mini.questions)
    course.submit(mini, "bob", [])
    course.submit(mini, "eve", []).write_text("not a notebook")
    (course.folder / "submitted" / "zoe" / mini.name).mkdir(parents=True)
    return Class(course, mini)


def test_every_hand_in_gets_a_grade_a_notebook_a_page_and_a_sentence(
    room: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room.grade() == 0
    assert room.scores() == {"ada": 3.0, "bob": 0.0, "eve": 0.0, "zoe": 0.0}
    for student in room.scores():
        assert room.result(student).why.endswith(".")
        folder = room.course.folder
        assert (folder / "feedback" / student / room.lab.name / f"{room.lab.name}.html").is_file()
        nbformat.read(folder / "autograded" / student / room.lab.name / f"{room.lab.name}.ipynb", as_version=4)
    assert "not valid JSON" in room.result("eve").why
    assert "4 graded now" in capsys.readouterr().out


def test_a_second_run_grades_only_what_is_new(room: Class, capsys: pytest.CaptureFixture[str]) -> None:
    room.grade()
    room.course.submit(room.lab, "bob", room.lab.questions)
    room.grade()
    assert "1 graded now" in capsys.readouterr().out
    assert room.scores()["bob"] == 3.0


def test_one_question_is_graded_anew_from_the_evidence_without_running_a_notebook(
    room: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    room.grade()
    for path in (room.course.folder / "submitted").rglob("*.ipynb"):
        path.unlink()
    checks = room.lab.folder / "checks.py"
    checks.write_text(checks.read_text().replace("world.answer() == 4", "world.answer() == 5"))
    assert room.grade("--question", "3.2") == 0
    assert room.scores() == {"ada": 2.0, "bob": 0.0, "eve": 0.0, "zoe": 0.0}
    assert "ada: 3 → 2 of 3" in capsys.readouterr().out


def test_a_manual_score_is_kept_and_marked_for_another_look(room: Class) -> None:
    room.grade()
    url = f"sqlite:///{room.course.folder / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.find_grade("q3-1-score", room.lab.name, room.lab.name, "bob").manual_score = 1.5
        book.db.commit()
    room.grade("--force")
    assert room.scores()["bob"] == 1.5
    with Gradebook(url) as book:
        assert book.find_grade("q3-1-score", room.lab.name, room.lab.name, "bob").needs_manual_grade


def test_a_late_hand_in_is_entered_as_late(room: Class) -> None:
    room.grade()
    with Gradebook(f"sqlite:///{room.course.folder / 'gradebook.db'}") as book:
        book.update_or_create_assignment(room.lab.name, duedate="2026-01-01 00:00:00 UTC")
    (room.course.folder / "submitted" / "ada" / room.lab.name / "timestamp.txt").write_text("2026-01-01 01:00:00 UTC")
    room.grade("--force")
    with Gradebook(f"sqlite:///{room.course.folder / 'gradebook.db'}") as book:
        assert book.find_submission(room.lab.name, "ada").total_seconds_late == 3600


def test_nbgrader_exports_what_was_graded(room: Class) -> None:
    room.grade()
    assert {grade.student: grade.score for grade in room.course.grades(room.lab.name)} == room.scores()


def test_what_is_asked_for_and_is_not_there_is_said(room: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert room.grade("--question", "3.9") == 1
    assert main(["99-none", "--course", str(room.course.folder)]) == 1
    said = capsys.readouterr().err
    assert "no question 3.9" in said
    assert "no lab 99-none" in said
    assert "03-mini" in said


def test_the_graded_notebook_shows_the_findings_and_one_number(room: Class) -> None:
    room.grade()
    path = room.course.folder / "autograded" / "ada" / room.lab.name / f"{room.lab.name}.ipynb"
    cell = next(one for one in nbformat.read(path, as_version=4).cells if one.id == "q3-1-score")
    assert "Finding about 3.1." in json.dumps(cell.outputs)
    assert [one.data["text/plain"] for one in cell.outputs if one.output_type == "execute_result"] == ["2.0"]


def test_hand_ins_without_a_lab_of_their_own_are_listed_by_folder(room: Class) -> None:
    found = batch.Assignment(course=room.course.folder, lab=room.lab).hand_ins()
    assert [one.student for one in found] == ["ada", "bob", "eve", "zoe"]
    assert found[-1].text == ""
    assert notebooks.submission(room.lab.cells, room.lab.questions) == found[0].text
