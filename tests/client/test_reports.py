"""What the lab answers reads well as text and as HTML, and a score is a number to nbgrader."""

from __future__ import annotations

import logging
import pickle

import pytest
from IPython.core.formatters import DisplayFormatter
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade

from ecslab.client.reports import Hint, Logs, Page, Report, Score, Story, Why

FINDINGS = (
    {"passed": True, "text": "Three tasks run.", "advice": "", "code": ""},
    {"passed": False, "text": "One has <no> name.", "advice": "Give it one & wait.", "code": "T1"},
)


def report(score: float = 1.5) -> Report:
    return Report(
        question="4.1", title="Three", outcome="partial", score=score, points=3.0, message="Half.", findings=FINDINGS
    )


@pytest.mark.parametrize("points", [0.0, 1.5, 3.0])
def test_nbgrader_reads_a_score_as_partial_credit(points: float) -> None:
    data, metadata = DisplayFormatter().format(Score(report(points)))
    cell = new_code_cell('lab.score("4.1")', metadata={"nbgrader": {"grade": True, "solution": False, "points": 3}})
    cell.outputs = [new_output("execute_result", data=data, metadata=metadata)]
    assert determine_grade(cell, logging.getLogger()) == (points, 3.0)
    assert "points" in data["text/html"]


def test_a_score_is_a_float_that_keeps_its_report() -> None:
    score = Score(report())
    assert (score, repr(score), score + 1, isinstance(score, float)) == (1.5, "1.5", 2.5, True)
    assert pickle.loads(pickle.dumps(score)).report == report()


def test_a_report_says_what_was_found_and_what_to_try() -> None:
    assert repr(report()) == ("◐ 4.1 Three\nHalf.\n  ✓ Three tasks run.\n  ✗ One has <no> name. Give it one & wait.")
    page = report()._repr_html_()
    assert "One has &lt;no&gt; name." in page
    assert "Give it one &amp; wait." in page
    assert "<no>" not in page


def test_a_report_is_read_from_the_servers_words_and_is_true_only_when_correct() -> None:
    said = {
        "question": "2.1",
        "title": "t",
        "outcome": "correct",
        "score": 2,
        "points": 2,
        "findings": [],
        "message": "m",
    }
    assert Report.read(said)
    assert not report()


def test_logs_name_the_container_only_where_there_are_several() -> None:
    line = {"container": "web", "at": 0.0, "message": "<b>hello</b>"}
    assert list(Logs([line])) == ["<b>hello</b>"]
    assert str(Logs([line])) == "<b>hello</b>"
    assert str(Logs([line, line | {"container": "log"}])).splitlines()[1] == "log | <b>hello</b>"
    assert "&lt;b&gt;hello" in Logs([line])._repr_html_()
    assert repr(Logs([])) == "(no output yet)"


def test_reasons_stories_hints_and_pages_read_as_sentences() -> None:
    why = Why(
        subject="t", sentences=("It waits.",), rows=({"instance": "i-1", "verdict": "memory", "reason": "64 < 128"},)
    )
    assert repr(why) == "It waits.\n  i-1: memory, 64 < 128"
    assert "64 &lt; 128" in why._repr_html_()
    story = Story([{"number": 1, "at": 3661.0, "kind": "k", "subject": "s", "text": "It began.", "data": {}}])
    assert repr(story) == "01:01:01  It began."
    assert "It began." in story._repr_html_()
    assert repr(Hint(question="1", text="Look.", step=0, steps=3)) == "Hint 1 of 3: Look."
    assert repr(Page(status=200, text="hi", url="http://x")) == "HTTP 200 from http://x\nhi"
