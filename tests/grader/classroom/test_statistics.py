"""Claims about the figures of a class and what is said about them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom import advice, evidence, tables
from grader.classroom.evidence import Evidence
from grader.classroom.grades import Final
from grader.classroom.statistics import ClassFigures, Item, figures
from grader.result import CellResult, Result
from tests.grader.classroom.building import LAB, TITLES, a_class, finding, graded, kept, question

SHARES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=4, max_size=4)


def worked_out(*results: Result, finals: tuple[Final, ...] = ()) -> ClassFigures:
    return figures(LAB, Evidence(results=results, lab_seconds={r.student: 60.0 for r in results}), finals)


def classroom(rows: list[list[float]]) -> ClassFigures:
    named = (graded(f"s{number:03d}", dict(zip(TITLES, row, strict=True))) for number, row in enumerate(rows))
    return worked_out(*named)


def item(found: ClassFigures, number: str) -> Item:
    return next(one for one in found.items if one.question == number)


@given(st.lists(SHARES, min_size=1, max_size=40))
def test_figures_stay_in_their_bounds(rows: list[list[float]]) -> None:
    found = classroom(rows)
    for one in found.items:
        assert 0 <= (one.facility or 0) <= 1
        assert -1.0001 <= (one.discrimination or 0) <= 1.0001
        assert -1.0001 <= (one.spread or 0) <= 1.0001
        assert sum(one.outcomes.values()) == len(rows)
        assert advice.verdict(one).word
    assert advice.in_short(found)


@given(st.lists(SHARES, min_size=12, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_students_changes_nothing(rows: list[list[float]], dice: random.Random) -> None:
    shuffled = dice.sample(rows, len(rows))
    for one, other in zip(classroom(rows).items, classroom(shuffled).items, strict=True):
        assert one.facility == pytest.approx(other.facility)
        assert one.outcomes == other.outcomes
        assert one.discrimination == (None if other.discrimination is None else pytest.approx(other.discrimination))
        assert one.spread == pytest.approx(other.spread)


def test_a_question_that_follows_the_rest_tells_and_one_against_it_misleads() -> None:
    rows = [[float(n >= 10), float(n >= 10), float(n < 10), float(n >= 8)] for n in range(20)]
    found = classroom(rows)
    assert (item(found, "2.1").discrimination or 0) > 0.9
    against = item(found, "2.3")
    assert (against.discrimination or 0) < -0.9
    assert (against.spread or 0) < -0.9
    verdict = advice.verdict(against)
    assert (verdict.word, verdict.tone) == ("misleading", "bad")
    assert "regrade this question" in verdict.sentence
    assert any("2.3" in said.sentence for said in advice.in_short(found) if said.tone == "bad")


def test_a_guessed_question_is_called_out_with_what_to_do() -> None:
    rows = [[n / 160, n / 160, float(n % 2), n / 160] for n in range(160)]
    verdict = advice.verdict(item(classroom(rows), "2.3"))
    assert verdict.word == "does not tell"
    assert "guessed" in verdict.sentence


def test_a_small_class_blames_no_question() -> None:
    rows = [[n / 12, n / 12, float(n % 2), n / 12] for n in range(12)]
    assert advice.verdict(item(classroom(rows), "2.3")).word == "unsure"


@pytest.mark.parametrize(("share", "word"), [(1.0, "easy"), (0.0, "very hard")])
def test_what_all_or_nobody_can_do_is_said(share: float, word: str) -> None:
    rows = [[share, n / 20, n / 20, n / 20] for n in range(20)]
    assert advice.verdict(item(classroom(rows), "2.1")).word == word


def test_a_handful_of_students_discriminates_nothing() -> None:
    found = item(classroom([[1, 0, 1, 0], [0, 1, 0, 1]]), "2.1")
    assert (found.discrimination, found.spread, advice.verdict(found).word) == (None, None, "too few")


def test_what_could_not_be_checked_counts_for_nobody() -> None:
    whole = [graded(f"s{n}", {"2.1": 1, "2.2": 0}) for n in range(4)]
    blocked = graded("x", questions=[question("2.1", 0, outcome="uncheckable"), question("2.2", 0)])
    found = worked_out(*whole, blocked)
    assert (item(found, "2.1").facility, item(found, "2.1").counted) == (1.0, 4)


def test_a_file_that_is_no_notebook_counts_for_no_question() -> None:
    blank = [replace(question(n, 0, outcome="not_attempted"), title="") for n in ("2.1", "2.2")]
    broken = replace(graded("broken", questions=blank, why="No JSON."), cells=())
    found = worked_out(broken, *(graded(f"s{n}", {"2.1": 1, "2.2": 0}) for n in range(4)))
    assert (item(found, "2.1").facility, item(found, "2.1").title) == (1.0, "A definition by hand")
    assert item(found, "2.1").outcomes == {"correct": 4, "uncheckable": 1}
    assert [concern.standing.student for concern in advice.concerns(found)[0]] == ["broken"]


def test_questions_are_in_their_order() -> None:
    found = worked_out(graded("a", questions=[question("2.10", 1), question("2.9", 1), question("2.1", 1)]))
    assert [one.question for one in found.items] == ["2.1", "2.9", "2.10"]


# ── misconceptions ────────────────────────────────────────────────────────────────────────────────────────────


def wrong(student: str, number: str, text: str, code: str = "", advice: str = "") -> Result:
    return graded(student, questions=[question(number, 0, [finding(text, passed=False, code=code, advice=advice)])])


def test_a_trap_is_one_misconception_in_all_questions_and_a_code_in_one() -> None:
    found = worked_out(
        wrong("a", "2.1", "Seen 3 tasks.", "T31", "Wait."), wrong("b", "2.2", "Seen 4 tasks.", "T31", "Wait."),
        wrong("c", "2.2", "Seen 4 tasks.", "T31", "Wait."), wrong("d", "2.1", "Two.", "count"),
        wrong("e", "2.2", "Two.", "count"), graded("f", {"2.1": 1}),
    ).misconceptions  # fmt: skip
    assert [(one.code, one.questions, one.students) for one in found] == [
        ("T31", ("2.1", "2.2"), ("a", "b", "c")),
        ("count", ("2.1",), ("d",)),
        ("count", ("2.2",), ("e",)),
    ]
    assert (found[0].text, found[0].advice, found[0].share) == ("Seen 4 tasks.", "Wait.", 0.5)


def test_findings_without_a_code_go_together_by_their_wording() -> None:
    found = worked_out(
        wrong("a", "2.1", "Service `web` has 3 tasks."), wrong("b", "2.1", "Service `shop` has 12 tasks.")
    )
    assert [one.students for one in found.misconceptions] == [("a", "b")]


# ── students ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_far_behind_or_left_early_needs_help_and_a_broken_file_is_another_matter() -> None:
    good = [graded(f"good{n}", dict.fromkeys(TITLES, 1.0)) for n in range(12)]
    absent = [question(number, 0, outcome="not_attempted") for number in ("2.2", "2.3", "2.4")]
    left = graded("left", questions=[question("2.1", 1), *absent])
    low = graded(
        "low", questions=[question(n, 0.25, [finding("No port.", passed=False)]) for n in TITLES],
        cells=[CellResult(grade_id="q2-1-solution", seconds=1, error="NameError: x\nmore")],
    )  # fmt: skip
    blocked = [question(number, 0, outcome="uncheckable") for number in TITLES]
    broken, struggling = advice.concerns(
        worked_out(*good, left, low, graded("file", questions=blocked, why="No JSON."), graded("empty", why="Empty."))
    )
    assert {concern.standing.student: concern.reasons[0] for concern in broken} == {
        "file": "No JSON.",
        "empty": "Empty.",
    }
    assert {concern.standing.student for concern in struggling} == {"left", "low"}
    said = {concern.standing.student: " ".join(concern.reasons) for concern in struggling}
    assert "not attempted: 2.2, 2.3, 2.4" in said["left"]
    assert "NameError: x" in said["low"]
    assert "begin with: No port." in said["low"]


def test_a_class_that_does_well_has_nobody_to_worry_about() -> None:
    assert advice.concerns(classroom([[1, 1, 1, 1], [1, 1, 0.5, 1]] * 8)) == ([], [])


def test_final_scores_count_and_who_handed_in_nothing_is_named() -> None:
    finals = (
        Final(student="a", assignment=LAB, score=6.5, points=10, last_name="Chen", pending=True),
        Final(student="b", assignment=LAB, score=None, points=10),
        Final(student="c", assignment=LAB, score=2, points=10),
    )
    found = worked_out(graded("a", {"2.1": 1}), finals=finals)
    assert {one.student: one.score for one in found.standings} == {"a": 6.5, "c": 2}
    assert found.shares == [0.65, 0.2]
    assert found.absent == ("b",)
    assert found.standings[0].name == "Chen"
    assert any("points given by hand" in said.sentence for said in advice.in_short(found))


def test_time_is_told_by_cell_with_what_stopped_it() -> None:
    cells = [[CellResult(grade_id="q1", seconds=s, error=e)] for s, e in ((1, ""), (3, "botocore.X: no"), (9, "X: y"))]
    (cell,) = worked_out(*(graded(f"s{n}", {"2.1": 1}, cells=c) for n, c in enumerate(cells))).cells
    assert (cell.median, cell.slow, cell.whole, cell.errors, cell.failed) == (3, 9, 13, (("X", 2),), 2)


def test_a_slow_check_is_named() -> None:
    slow = replace(question("2.2", 1), seconds=2.5)
    found = worked_out(graded("a", questions=[question("2.1", 1), slow]))
    assert "The slowest check is that of 2.2: 2.5 s." in tables.time_spent(found)


def test_evidence_is_read_without_what_is_large_and_a_broken_file_is_named(tmp_path: Path) -> None:
    course = kept(tmp_path, *a_class(3))
    (course / "evidence" / "student001" / f"{LAB}.json.gz").write_bytes(b"nothing")
    (course / "submitted" / "late" / LAB).mkdir(parents=True)
    found = evidence.read(course, LAB)
    assert [result.student for result in found.results] == ["student000", "student002"]
    assert found.unreadable == (f"evidence/student001/{LAB}.json.gz",)
    assert all(200 <= seconds <= 3000 for seconds in found.lab_seconds.values())
    assert all(result.story == () for result in found.results)
    assert evidence.waiting(course, LAB) == ["late"]
    assert evidence.assignments(course) == [LAB]
