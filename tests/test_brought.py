"""Claims about commands that other packages bring: found in the metadata of what is installed, and only when asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab.cli import OWN, brought, main, parser

MODULE = """
from ecslab.errors import LabError

def main(arguments):
    if arguments == ["fail"]:
        raise LabError("It cannot be done.", "Do something else.")
    print(f"danced {arguments}")
    return 7
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package on the path that brings the commands dance, up (one of ours), and two that cannot start."""
    (tmp_path / "dancing.py").write_text(MODULE)
    metadata = tmp_path / "dancing-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: dancing\nVersion: 1.0\n")
    lines = ["dance = dancing:main", "up = dancing:main", "grade = dancing.absent:main", "mime = dancing:nothing"]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{brought.GROUP}]", *lines, ""]))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("dancing", None)


def test_a_command_of_another_package_gets_its_arguments_and_gives_the_exit_code(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dance", "--far", "3"]) == 7
    assert capsys.readouterr().out == "danced ['--far', '3']\n"


def test_its_failure_is_a_sentence_and_what_to_try(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance", "fail"]) == 1
    assert capsys.readouterr().err == "ecslab: It cannot be done.\n  try: Do something else.\n"


def test_help_lists_it_without_importing_it(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "from the package dancing (ecslab dance --help says more)" in " ".join(capsys.readouterr().out.split())
    assert "dancing" not in sys.modules


@pytest.mark.parametrize("command", ["grade", "mime"])
def test_a_package_that_is_not_whole_is_a_sentence(
    command: str, installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == 1
    said = capsys.readouterr().err
    assert f"`ecslab {command}` cannot start" in said
    assert "make setup" in said


def test_a_command_of_our_own_never_looks_for_others(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(brought, "commands", lambda: pytest.fail("looked"))
    assert main(["status", "--home", str(tmp_path)]) == 1
    assert "No lab server is running" in capsys.readouterr().err


def test_without_the_grader_a_teachers_command_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(brought, "entry_points", lambda group: ())
    assert main(["course", "new"]) == 1
    said = capsys.readouterr().err
    assert "the grader is not installed here" in said
    assert "make setup" in said


def test_the_names_of_our_own_commands_are_those_of_the_grammar() -> None:
    listed = next(action.choices for action in parser()._actions if action.dest == "command")
    assert tuple(listed or ()) == OWN
