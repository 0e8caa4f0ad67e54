"""Claims about judging: outcomes, scores and what the learner hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ecslab.checks import Finding, NotAttempted, Outcome, Question, Report, Uncheckable, World, failed, passed
from ecslab.checks.question import answered


def world(**answers: Any) -> World:
    return World(
        endpoint="http://127.0.0.1:9",
        question="2.1",
        answers={"2.1": answers["answer"]} if answers else {},
        journal=lambda *, after=0, kind="", subject="": (),
        lab=lambda method, path, body, /: {},
        runtime="simulated",
        now=lambda: 0.0,
    )


def asked(check: Callable[[World], Iterable[Finding]], points: float = 3, *, answer: bool = False) -> Report:
    return answered(Question(number="2.1", title="A title", points=points, check=check, answer=answer), world())


def test_all_findings_passed_is_correct_with_all_points() -> None:
    report = asked(lambda _: [passed("One."), passed("Two.")])
    assert (report.outcome, report.score) == (Outcome.CORRECT, 3)
    assert report.message == "Correct: 3 of 3 points."


def test_no_finding_passed_is_incorrect_without_points() -> None:
    report = asked(lambda _: [failed("It is 0.25.", "Use 256.", "T31")])
    assert (report.outcome, report.score) == (Outcome.INCORRECT, 0)
    assert report.message == "Not yet: 0 of 3 points. It is 0.25. Use 256."


@pytest.mark.parametrize(
    ("findings", "points", "score"),
    [
        ([passed("a"), failed("b")], 3, 1.5),
        ([passed("a", weight=2), failed("b")], 3, 2.0),
        ([passed("a"), failed("b"), failed("c")], 1, 0.33),
        ([passed("a"), passed("b"), failed("c")], 2, 1.33),
        ([passed("a", weight=999), failed("b")], 1, 0.99),
    ],
)
def test_a_partial_score_is_the_passed_share_to_the_cent(findings: list[Finding], points: float, score: float) -> None:
    report = asked(lambda _: findings, points)
    assert (report.outcome, report.score) == (Outcome.PARTIAL, score)


def test_the_first_failed_finding_leads_the_message() -> None:
    report = asked(lambda _: [passed("Fine."), failed("First.", "Do this."), failed("Second.")])
    assert report.message == "Partly right: 1 of 3 points. First. Do this."


def test_a_check_that_finds_nothing_to_do_is_not_attempted() -> None:
    def check(_: World) -> Iterable[Finding]:
        raise NotAttempted("Register a task definition first.")

    report = asked(check)
    assert (report.outcome, report.score) == (Outcome.NOT_ATTEMPTED, 0)
    assert report.message == "Register a task definition first."


def test_a_check_that_cannot_look_is_uncheckable() -> None:
    def check(_: World) -> Iterable[Finding]:
        yield passed("Seen before the engine went away.")
        raise Uncheckable("Docker does not answer; start it and check again.")

    report = asked(check)
    assert (report.outcome, report.score, report.findings) == (Outcome.UNCHECKABLE, 0, ())
    assert "Docker" in report.message


def test_a_broken_check_is_uncheckable_and_names_the_exception() -> None:
    report = asked(lambda _: [passed(str({}["services"]))])
    assert (report.outcome, report.score) == (Outcome.UNCHECKABLE, 0)
    assert "KeyError" in report.message
    assert isinstance(report.failure, KeyError)


def test_a_check_without_findings_is_uncheckable_not_correct() -> None:
    assert asked(lambda _: []).outcome is Outcome.UNCHECKABLE


def test_a_question_for_an_answer_is_not_attempted_without_one() -> None:
    report = asked(lambda _: [passed("Never reached.")], answer=True)
    assert report.outcome is Outcome.NOT_ATTEMPTED
    assert 'lab.answer("2.1"' in report.message


@pytest.mark.parametrize("answer", [0, False, "", []])
def test_an_answer_that_is_falsy_is_still_an_answer(answer: Any) -> None:
    def check(seen: World) -> Iterable[Finding]:
        yield passed("Yes.") if seen.answer("none") == answer else failed("No.")

    report = answered(Question(number="2.1", title="t", points=1, answer=True, check=check), world(answer=answer))
    assert report.outcome is Outcome.CORRECT


def test_a_report_is_the_json_of_the_labs_api() -> None:
    report = asked(lambda _: [passed("One."), failed("Two.", "Try.", "T31")])
    assert json.loads(json.dumps(report.to_json())) == {
        "question": "2.1",
        "title": "A title",
        "outcome": "partial",
        "score": 1.5,
        "points": 3,
        "findings": [
            {"passed": True, "text": "One.", "advice": "", "code": ""},
            {"passed": False, "text": "Two.", "advice": "Try.", "code": "T31"},
        ],
        "message": "Partly right: 1.5 of 3 points. Two. Try.",
    }


def test_points_and_weights_below_what_makes_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Question(number="2.1", title="t", points=0, check=lambda _: [])
    with pytest.raises(ValueError, match="0 or more"):
        passed("Light.", weight=-1)
