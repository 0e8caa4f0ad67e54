"""Claims about finding questions in lab folders."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecslab.checks import Outcome, World
from ecslab.checks.registry import Registry
from ecslab.errors import LabError
from ecslab.journal import Journal

CHECKS = """
from ecslab.checks import Question, failed, passed

def fine(world):
    yield passed(f"It runs on {world.runtime}.")

def broken(world):
    return [passed(world.nothing)]

QUESTIONS = (
    Question(number="2.1", title="First", points=3, check=fine, hints=("Look.", "Look there.", "Type it.")),
    Question(number="2.10", title="Tenth", points=1, check=broken),
    Question(number="2.2", title="Second", points=1, check=fine, answer=True),
)
"""
LAB = """# %% [markdown]
# # A lab

# %% question="2.1" role="solution"
name = "web"
### BEGIN SOLUTION
name = "shop"
### END SOLUTION

# %% question="2.1" role="score" points=3
lab.score("2.1")

# %% question="2.2" role="answer"
lab.answer("2.2", 4)
"""


def world(number: str) -> World:
    return World(
        endpoint="http://127.0.0.1:9",
        question=number,
        answers={},
        journal=lambda *, after=0, kind="", subject="": (),
        lab=lambda method, path, body, /: {},
        runtime="simulated",
        now=lambda: 0.0,
    )


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    folder = tmp_path / "02-definitions"
    folder.mkdir()
    (folder / "checks.py").write_text(CHECKS)
    (folder / "lab.py").write_text(LAB)
    return tmp_path


def rewrite(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, ns=(1, 1))  # a change is seen by its time, whatever the file system's grain


def test_questions_come_in_the_order_of_the_lab(labs: Path) -> None:
    rows = [listed.to_json() for listed in Registry(labs).questions()]
    assert [row["number"] for row in rows] == ["2.1", "2.2", "2.10"]
    assert rows[0] == {"number": "2.1", "title": "First", "points": 3, "lab": "02-definitions"}


def test_a_check_sees_the_world_it_is_given(labs: Path) -> None:
    registry = Registry(labs)
    assert registry.check("2.1", world).findings[0].text == "It runs on simulated."
    assert registry.check("2.1", world("2.1")).outcome is Outcome.CORRECT


def test_every_check_is_written_in_the_journal(labs: Path) -> None:
    journal = Journal(lambda: 7.0)
    Registry(labs, journal.record).check("2.1", world)
    (entry,) = journal.read(kind="check.report")
    assert (entry.subject, entry.text) == ("2.1", "Question 2.1: correct, 3 of 3 points.")


def test_a_broken_check_leaves_its_traceback_in_the_journal(labs: Path) -> None:
    journal = Journal(lambda: 7.0)
    report = Registry(labs, journal.record).check("2.10", world)
    (entry,) = journal.read(kind="check.failure")
    assert report.outcome is Outcome.UNCHECKABLE
    assert "AttributeError" in entry.text
    assert "checks.py" in entry.data["traceback"]


def test_an_unknown_number_names_the_nearest(labs: Path) -> None:
    with pytest.raises(LabError, match=r"no question '2\.3'.*Did you mean 2\.1 or 2\.2"):
        Registry(labs).check("2.3", world)


def test_an_unknown_number_without_any_labs_says_so(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="knows no questions"):
        Registry(tmp_path / "absent").check("2.1", world)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("import ecslab\n\nx = 1 +\n", 3, "SyntaxError"),
        ("\nfrom ecslab.checks import Nothing\n", 2, "ImportError"),
        ("def f():\n    return {}['a']\n\nQUESTIONS = (f(),)\n", 2, "KeyError"),
        ("answers = 1\n", 1, "QUESTIONS is missing"),
    ],
)
def test_a_broken_lab_file_is_named_with_its_line(labs: Path, text: str, line: int, said: str) -> None:
    path = labs / "02-definitions" / "checks.py"
    path.write_text(text)
    with pytest.raises(LabError) as refused:
        Registry(labs).check("2.1", world)
    assert f"{path}, line {line}: " in refused.value.message
    assert said in refused.value.message


def test_a_broken_lab_harms_no_other(labs: Path) -> None:
    (labs / "04-services").mkdir()
    (labs / "04-services" / "checks.py").write_text("1 / 0\n")
    registry = Registry(labs)
    assert registry.check("2.1", world).outcome is Outcome.CORRECT
    with pytest.raises(LabError, match="ZeroDivisionError"):
        registry.check("4.1", world)


@pytest.mark.parametrize("number", ["3.1", "2.1.1", "2", "two"])
def test_a_question_numbered_for_another_lab_is_refused(labs: Path, number: str) -> None:
    path = labs / "02-definitions" / "checks.py"
    path.write_text(CHECKS.replace('number="2.2"', f'number="{number}"'))
    with pytest.raises(LabError, match="not one of lab 2"):
        Registry(labs).check("2.1", world)


def test_an_edited_lab_is_read_again(labs: Path) -> None:
    registry = Registry(labs)
    assert registry.question("2.1").title == "First"
    rewrite(labs / "02-definitions" / "checks.py", CHECKS.replace("First", "Premier"))
    assert registry.question("2.1").title == "Premier"


@pytest.mark.parametrize(
    ("step", "shown", "text"), [(0, 0, "Look."), (2, 2, "Type it."), (9, 2, "Type it."), (-1, 0, "Look.")]
)
def test_hints_come_step_by_step_and_end_at_the_last(labs: Path, step: int, shown: int, text: str) -> None:
    assert Registry(labs).hint("2.1", step).to_json() == {"question": "2.1", "text": text, "step": shown, "steps": 3}


def test_a_question_without_hints_says_so(labs: Path) -> None:
    hint: dict[str, Any] = Registry(labs).hint("2.2").to_json()
    assert hint["steps"] == 0
    assert "no hints" in hint["text"]


def test_a_solution_is_the_code_of_its_cells_without_markers(labs: Path) -> None:
    text = Registry(labs).solution("2.1")
    assert text.startswith("**2.1 First**")
    assert 'name = "shop"' in text
    assert "SOLUTION" not in text
    assert "lab.score" not in text
    assert 'lab.answer("2.2", 4)' in Registry(labs).solution("2.2")


def test_a_question_without_a_solution_cell_is_named(labs: Path) -> None:
    with pytest.raises(LabError, match=r"2\.10 has no solution cell"):
        Registry(labs).solution("2.10")


def test_a_check_may_import_the_modules_beside_it_and_their_edits_are_seen(labs: Path) -> None:
    folder = labs / "02-definitions"
    (folder / "checks.py").write_text("from .titles import TITLE\n" + CHECKS.replace('"First"', "TITLE"))
    (folder / "titles.py").write_text('TITLE = "Beside"\n')
    registry = Registry(labs)
    assert registry.question("2.1").title == "Beside"
    rewrite(folder / "titles.py", 'TITLE = "Edited"\n')
    assert registry.question("2.1").title == "Edited"


def test_a_broken_module_beside_the_checks_is_the_one_named(labs: Path) -> None:
    folder = labs / "02-definitions"
    (folder / "checks.py").write_text("from .titles import TITLE\n" + CHECKS)
    (folder / "titles.py").write_text("\nTITLE = 1 / 0\n")
    with pytest.raises(LabError, match=r"titles\.py, line 2: ZeroDivisionError"):
        Registry(labs).check("2.1", world)


def test_a_check_reads_the_journal_since_the_account_was_last_emptied(labs: Path) -> None:
    path = labs / "02-definitions" / "checks.py"
    seen = "\n\ndef fine(world):\n    yield passed(' '.join(e.text for e in world.journal(kind='service')))\n"
    path.write_text(CHECKS.replace("\nQUESTIONS", seen + "\nQUESTIONS"))
    journal = Journal(lambda: 7.0)
    for lab in ("before", "after"):
        journal.record("lab.opened", lab, "The lab is open.")
        journal.record("service.event", "web", f"{lab} the reset")
    report = Registry(labs).check("2.1", replace(world("2.1"), journal=journal.read))
    assert report.findings[0].text == "after the reset"


def test_registries_that_read_the_same_lab_at_once_do_not_meet(labs: Path) -> None:
    folder = labs / "02-definitions"
    (folder / "checks.py").write_text("from .titles import TITLE\n" + CHECKS.replace('"First"', "TITLE"))
    (folder / "titles.py").write_text('TITLE = "Beside"\n')
    with ThreadPoolExecutor(8) as pool:
        titles = pool.map(lambda _: Registry(labs).question("2.1").title, range(40))
    assert set(titles) == {"Beside"}
