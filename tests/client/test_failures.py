"""The server's errors come back as the classes of the tree, and IPython shows them in two lines."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from ecslab import errors
from ecslab.client.failures import from_server, problem, shown


@pytest.mark.parametrize("name", ["TimeError", "LabNotRunning", "ClusterNotFoundException", "ContainerRuntimeError"])
def test_an_error_is_raised_as_the_class_of_its_name(name: str) -> None:
    found = from_server({"error": name, "message": "It broke.", "hint": "Mend it."})
    assert isinstance(found, getattr(errors, name))
    assert type(found).__name__ == name
    assert found._render_traceback_() == [f"{name}: It broke.", "  try: Mend it."]  # type: ignore[attr-defined]


def test_a_name_without_a_class_is_kept_as_the_code_of_an_api_error() -> None:
    found = from_server({"error": "ThrottlingException", "message": "Too fast.", "hint": ""})
    assert isinstance(found, errors.ApiError)
    assert (found.code, found.message) == ("ThrottlingException", "Too fast.")


def test_an_answer_without_words_is_still_an_error_of_the_lab() -> None:
    assert isinstance(from_server({}), errors.LabError)


def test_a_task_error_does_not_say_its_name_twice() -> None:
    said = {"error": "OutOfMemoryError", "message": "OutOfMemoryError: Container killed", "hint": ""}
    assert str(from_server(said)) == "OutOfMemoryError: Container killed"


def test_a_shown_class_is_not_wrapped_twice() -> None:
    once = shown(errors.LabError)
    assert shown(once) is once


def test_ipython_shows_two_lines_and_no_stack(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    try:
        shell.user_ns["failure"] = problem("Nothing answers.", "Run `ecslab up`.")
        result = shell.run_cell("raise failure")
    finally:
        shell.history_manager.end_session()
        shell.history_manager.enabled = False
    assert isinstance(result.error_in_exec, errors.LabError)
    assert capsys.readouterr().out.splitlines() == ["LabError: Nothing answers.", "  try: Run `ecslab up`."]
