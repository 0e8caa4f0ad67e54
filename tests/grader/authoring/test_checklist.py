"""Claims about what a lab is told to lack: each thing on a line of its own, with what to do. Nothing runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecslab.checks import Question, passed
from grader import build
from grader.authoring.checklist import Examined, Item, codes, examined, judged
from grader.authoring.rounds import Proved
from grader.build import Lab, lab


def lines(items: tuple[Item, ...] | list[Item]) -> list[tuple[str, str, str]]:
    return [("wrong" if item.wrong else "missing", item.about, item.words) for item in items]


def change(folder: Path, name: str, *pairs: tuple[str, str]) -> None:
    text = (folder / name).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (folder / name).write_text(text)


def mistake(folder: Path, name: str, text: str) -> None:
    (folder / "mistakes").mkdir(exist_ok=True)
    (folder / "mistakes" / name).write_text(text)


def test_a_lab_without_hints_check_cell_and_notebook_is_told_so(mini: Lab) -> None:
    change(mini.folder, "lab.py", ('lab.check("3.1")', 'lab.check("3.2")'))
    mini = lab(mini.folder)
    seen = examined(mini.folder)
    assert seen.lab is not None
    assert lines(seen.items) == [
        ("missing", "3.1", "It has no hints."),
        ("missing", "3.2", "It has no hints."),
        ("missing", "3.1", "Its check cell does not ask about this question."),
        ("missing", "3.2", "It has no check cell."),
        ("missing", "03-mini", "03-mini.ipynb is not what lab.py gives."),
    ]
    build.build(mini, mini.folder.parent / "course")
    change(mini.folder, "checks.py", ("check=count, answer=True", 'check=count, answer=True, hints=("a", "b")'))
    assert ("missing", "3.2", "It has 2 hints.") in lines(examined(mini.folder).items)
    assert all("notebook" not in item.words for item in examined(mini.folder).items)


def test_everything_that_keeps_a_lab_from_being_graded_is_told_at_once(mini_folder: Path) -> None:
    change(
        mini_folder,
        "lab.py",
        ('question="3.1" role="score" points=2', ""),
        ('question="3.2" role="score" points=1', 'question="3.2" role="score" points=7'),
        ("    ### END SOLUTION\n", ""),
        ('question="3.2" role="answer"', 'question="3.2" role="answer" needs="3.9"'),
    )
    mistake(mini_folder, "a.py", "# question: 3.1\ncpu = 0\n")
    mistake(mini_folder, "b.py", "# question: 3.8\n# expects: x\ncpu = 0\n")
    seen = examined(mini_folder)
    assert seen.lab is None
    assert [line for line in lines(seen.items) if line[0] == "wrong"] == [
        ("wrong", "3.1", "Question 3.1 needs one score cell with points=2."),
        ("wrong", "3.2", "Question 3.2 needs one score cell with points=1."),
        ("wrong", "3.2", "Question 3.2 needs 3.9, which there is not."),
        ("wrong", "03-mini", "Question 3.1: ### BEGIN SOLUTION without ### END SOLUTION."),
        ("wrong", "mistakes/a.py", "Its header does not say which question it answers and what it expects."),
        ("wrong", "mistakes/b.py", "It answers question 3.8, which there is not."),
    ]
    assert all(item.remedy for item in seen.items)


def test_checks_that_do_not_load_are_one_item_with_file_and_line(mini_folder: Path) -> None:
    change(mini_folder, "checks.py", ("QUESTIONS = (", "QUESTIONS = nothing("))
    (item,) = examined(mini_folder).items
    assert item.wrong
    assert "checks.py, line " in item.words
    assert "NameError: name 'nothing'" in item.words
    assert "Mend" in item.remedy


def one(name: str, **told: object) -> Proved:
    return Proved(**({"question": "9.1", "name": name, "mistake": name.endswith(".py"), "wrong": ""} | told))  # type: ignore[arg-type]


@pytest.fixture
def seen(tmp_path: Path) -> Examined:
    (tmp_path / "checks.py").write_text(
        'a = failed("No.", code="shown")\nb = failed("No.", "Try.", "hidden")\nc = Repair(code="hidden")\n'
        'd = failed("No.", code=chosen)\n'
    )
    questions = tuple(
        Question(number=number, title="", points=1, check=lambda world: [passed("")]) for number in ("9.1", "9.2")
    )
    return Examined(folder=tmp_path, lab=None, questions=questions, items=())


def test_codes_are_found_where_they_are_written_out(seen: Examined) -> None:
    assert codes(seen.folder) == {"hidden": "checks.py:2", "shown": "checks.py:1"}


def test_a_question_without_a_mistake_and_a_code_that_none_shows_are_missing(seen: Examined) -> None:
    proved = [
        one("unsolved, then solved"),
        one("unsolved, then solved", question="9.2"),
        one("a.py", failed=("shown",)),
    ]
    assert lines(judged(seen, proved, {}, {})) == [
        ("missing", "9.2", "No mistake is known for it: nothing proves that a wrong answer is told apart."),
        ("missing", "hidden", "The finding 'hidden' (checks.py:2) is shown by no mistake."),
    ]


def test_the_proof_of_one_question_says_nothing_of_the_others(seen: Examined) -> None:
    assert judged(seen, [one("unsolved, then solved"), one("a.py")], {}, {}) == []


def test_what_the_proof_later_runs_and_nbgrader_said_is_wrong(seen: Examined) -> None:
    proved = [one("unsolved, then solved", wrong="expected 1 points"), one("a.py"), one("b.py", question="9.2")]
    items = judged(seen, proved, {("9.1", "a.py"): "run 2 differs"}, {("9.2", "b.py"): "9.2 gets 0 points"})
    assert lines(items) == [
        ("wrong", "9.1", "expected 1 points"),
        ("wrong", "9.1", "a.py: run 2 differs"),
        ("wrong", "9.2", "b.py: 9.2 gets 0 points"),
    ]
