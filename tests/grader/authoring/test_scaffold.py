"""Claims about new courses and new labs, before any of them runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecslab.errors import LabError
from grader.authoring.commands import main
from grader.authoring.place import place
from grader.build import COURSE, LABS
from grader.notebooks import CODE_STUB


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "Clouds & ships"
    assert main(["new", "--course", str(folder)]) == 0
    return folder


def made(course: Path, name: str) -> None:
    assert main(["new", name, "--course", str(course)]) == 0


def test_a_new_lab_is_built_and_says_what_to_do_next(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(course, "20-two-stay")
    folder = course / "labs" / "20-two-stay"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert names == ["20-two-stay.ipynb", "checks.py", "lab.py", "mistakes/run_not_kept.py"]
    assert "# # Lab 20 · Two stay" in (folder / "lab.py").read_text()
    assert (course / "source" / "20-two-stay" / "20-two-stay.ipynb").is_file()
    assert "ecslab course prove 20-two-stay --course" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["two-stay", "2-two", "00-zero", "20-Two", "20-two_stay", "20-", "20-a--b", "../20-a"])
def test_a_name_that_cannot_be_is_refused(course: Path, name: str) -> None:
    with pytest.raises(LabError, match="cannot be the name of a lab"):
        main(["new", name, "--course", str(course)])
    assert list((course / "labs").iterdir()) == []


def test_what_is_there_already_is_never_changed(course: Path) -> None:
    made(course, "20-two-stay")
    source = course / "labs" / "20-two-stay" / "lab.py"
    source.write_text("mine")
    with pytest.raises(LabError, match="is there already"):
        made(course, "20-two-stay")
    with pytest.raises(LabError, match=r"number 20 belongs to 20-two-stay.*such as 21"):
        made(course, "20-other")
    with pytest.raises(LabError, match="not empty"):
        main(["new", "--course", str(course)])
    assert source.read_text() == "mine"


def test_new_says_what_it_needs() -> None:
    with pytest.raises(LabError, match=r"What is to be made\? ecslab course new NN-name"):
        main(["new"])
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2


def test_the_course_is_the_one_named_the_one_we_are_in_or_this_checkouts(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place(course).labs == course / "labs"
    assert place(COURSE).labs == LABS
    monkeypatch.chdir(course)
    assert place(None).course == course
    monkeypatch.chdir(tmp_path)
    assert place(None).course == COURSE
    with pytest.raises(LabError, match=r"is no course.*ecslab course new --course"):
        place(tmp_path)


def test_a_lab_that_is_not_there_is_told_with_the_nearest(course: Path) -> None:
    with pytest.raises(LabError, match=r"no lab in .* yet.*course new 01-my-lab --course"):
        place(course).chosen([])
    made(course, "20-two-stay")
    with pytest.raises(LabError, match=r"no lab '20-too-stay'.*Did you mean 20-two-stay"):
        place(course).chosen(["20-too-stay"])
    assert place(course).chosen([str(course / "labs" / "20-two-stay")]) == place(course).chosen([])


def test_nbgrader_reads_the_settings_of_the_grader_and_then_the_courses_own(course: Path) -> None:
    program = """
import os
from traitlets.config import PyFileConfigLoader
read = PyFileConfigLoader("nbgrader_config.py", path=".").load_config()
print(read.CourseDirectory.course_id, read.CourseDirectory.root, os.environ["ECSLAB_LABS"])
print(read.ClearSolutions.code_stub)
"""
    environment = {name: value for name, value in os.environ.items() if name != "ECSLAB_LABS"}
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.splitlines() == [f"clouds-ships {course} {course / 'labs'}", str({"python": CODE_STUB})]
