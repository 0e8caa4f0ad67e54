"""Claims about a teacher's own course from its making to what is handed out: all commands, one lab, simulated."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ecslab.checks.registry import Registry
from ecslab.cli.notebooks import first_notebook
from ecslab.errors import LabError
from grader.authoring.commands import main
from grader.authoring.release import given_away, secrets
from grader.build import lab

LAB = "20-two-stay"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher") / "course"
    assert main(["new", "--course", str(folder)]) == 0
    assert main(["new", LAB, "--course", str(folder)]) == 0
    return folder


def folder_of(course: Path) -> Path:
    return course / "labs" / LAB


def row_of(said: str) -> list[str]:
    return next(line.split() for line in said.splitlines() if line.startswith("20.1 "))


def test_a_new_lab_proves_with_nothing_missing_and_the_same_each_time(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["prove", LAB, "--course", str(course), "--runs", "2", "--strict"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert row_of(said) == ["20.1", "2", "✓", "✓", "1", "✓", "✓", "–", "–"]
    assert "[run 2/2] done" in said
    assert said.endswith("Proven: nothing is wrong and nothing is missing.\n")


@pytest.mark.slow
def test_both_graders_give_a_new_lab_the_points_of_its_proof(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["prove", LAB, "--course", str(course), "--sandbox", "--nbgrader"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert row_of(said) == ["20.1", "2", "✓", "✓", "1", "✓", "–", "✓", "✓"]
    for name in ("unsolved", "solved", "run-not-kept"):
        assert said.count(f"✓ {name}") == 2


def test_build_check_writes_nothing(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", LAB, "--check", "--course", str(course)]) == 0
    source = folder_of(course) / "lab.py"
    before, notebook = source.read_text(), (folder_of(course) / f"{LAB}.ipynb").read_bytes()
    source.write_text(before.replace("in two sentences", "in three"))
    try:
        assert main(["build", "--check", "--course", str(course)]) == 1
        assert "is not current: run ecslab course build --course" in capsys.readouterr().err
        assert (folder_of(course) / f"{LAB}.ipynb").read_bytes() == notebook
    finally:
        source.write_text(before)


def test_a_release_holds_the_notebook_and_nothing_else(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", LAB, "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Released 20-two-stay: 1 question, 2 points. No solution, no mistake, no check is in it.")
    assert "nbgrader release_assignment 20-two-stay" in said
    with zipfile.ZipFile(course / "release" / f"{LAB}.zip") as archive:
        assert archive.namelist() == [f"{LAB}/{LAB}.ipynb"]
        packed = archive.read(archive.namelist()[0])
    assert packed == (course / "release" / LAB / f"{LAB}.ipynb").read_bytes()
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id", ""): cell for cell in json.loads(packed)["cells"]}
    assert "".join(cells["q20-1-solution"]["source"]) == "# YOUR CODE HERE\npass"
    for word in ("create_service", "not-kept", "Nothing would replace"):
        assert word not in packed.decode()


def test_a_release_that_would_give_a_solution_away_is_none(course: Path) -> None:
    one = lab(folder_of(course))
    text = (course / "release" / LAB / f"{LAB}.ipynb").read_text() if (course / "release" / LAB).is_dir() else "{}"
    assert list(given_away(one, [("notebook", text)])) == []
    stolen = '  lab.wait("services_stable", cluster="default", services=["hello"])'
    assert "the solution of 20.1" in next(given_away(one, [("notebook", f"x\n{stolen}\ny")]))
    assert "mistakes/run_not_kept.py" in next(given_away(one, [("x", "# Two tasks run, but nobody looks after them.")]))
    assert "checks.py" in next(given_away(one, [("x", "def kept(world: World) -> Iterable[Finding]:")]))
    assert "the marker ### BEGIN SOLUTION" in next(given_away(one, [("x", "### BEGIN SOLUTION")]))
    assert set(secrets(one, with_checks=True).values()) == {
        "the solution of 20.1",
        "mistakes/run_not_kept.py",
    }


def test_a_file_beside_the_source_is_not_released(course: Path) -> None:
    extra = course / "source" / LAB / "answers.txt"
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_text("42")
    try:
        with pytest.raises(LabError, match=r"is not released: release/20-two-stay/answers.txt is not part of the lab"):
            main(["release", LAB, "--course", str(course)])
    finally:
        extra.unlink()
    assert list((course / "release").iterdir()) == []


def test_with_checks_a_release_is_a_lab_that_answers(course: Path, tmp_path: Path) -> None:
    assert main(["release", LAB, "--checks", "--course", str(course)]) == 0
    with zipfile.ZipFile(course / "release" / f"{LAB}.zip") as archive:
        assert archive.namelist() == [f"{LAB}/{LAB}.ipynb", f"{LAB}/checks.py"]
        archive.extractall(tmp_path)
    assert [listed.question.number for listed in Registry(tmp_path).questions()] == ["20.1"]
    assert first_notebook(tmp_path).name == f"{LAB}.ipynb"


def test_a_broken_lab_is_not_proven_and_says_line_by_line_why(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = folder_of(course) / "checks.py"
    before = checks.read_text()
    generous = 'raise NotAttempted("Nothing runs in the cluster `default` yet.")'
    assert generous in before
    changed = before.replace(generous, "pass").replace('code="not-kept"', 'code="other"')
    checks.write_text(changed.replace('            "create_service takes a name', '            # "'))
    (folder_of(course) / "mistakes" / "extra.py").write_text("# question: 20.1\n# expects: nothing\npass\n")
    try:
        assert main(["prove", LAB, "--course", str(course)]) == 1
        said = capsys.readouterr().out
    finally:
        checks.write_text(before)
        (folder_of(course) / "mistakes" / "extra.py").unlink()
    listed = said.partition("question ")[2].splitlines()
    assert listed[1].split() == ["20.1", "2", "✓", "✗", "2", "2", "–", "–", "–"]
    wrong = [line for line in listed if line.startswith("✗ wrong")]
    assert len(wrong) == 2
    assert "extra.py: expected nothing" in wrong[0]
    assert "run_not_kept.py: expected not-kept" in wrong[1]
    assert "○ missing  20.1: It has 2 hints." in listed
    assert "Not proven: 2 wrong, 1 missing." in listed


def test_a_check_with_a_chance_of_its_own_differs_between_runs(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = folder_of(course) / "checks.py"
    before = checks.read_text()
    checks.write_text(before.replace('"Two tasks run."', "f'Two tasks run {__import__(\"secrets\").token_hex(8)}.'"))
    try:
        assert main(["prove", LAB, "--course", str(course), "--solved", "--runs", "2"]) == 1
    finally:
        checks.write_text(before)
    said = " ".join(capsys.readouterr().out.split())
    assert "✗ wrong 20.1: unsolved, then solved: run 2 differs from run 1: the findings: …" in said
    assert said.endswith("Not proven: 1 wrong, 0 missing.")
