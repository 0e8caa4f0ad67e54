"""Claims about strangers' notebooks, on every rung of the ladder: the exact score, nothing read or changed outside,
nothing left alive, and a neighbour's grade as it was."""

from __future__ import annotations

import json
import secrets

import psutil
import pytest

from ecslab.timeline import real_monotonic, real_sleep
from grader import jobs, notebooks
from grader.feedback import feedback
from grader.marks import result_of
from grader.rebuild import rebuilt
from tests.grader.hostile.cells import ATTACKS, Attack
from tests.grader.hostile.conftest import Place, graded
from tests.grader.hostile.notebooks import HAND_INS, HandIn

PATIENCE = 5.0


def score(place: Place, answer: dict[str, object]) -> float:
    return result_of(place.lab, "mallory", answer, 0.0).score


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_strangers_cell_gets_what_it_deserves_and_reaches_nothing(
    worker: jobs.Settings, place: Place, attack: Attack
) -> None:
    token, seconds = secrets.token_hex(8), str(secrets.randbelow(10**6) + 10**6)
    about = {
        "marker": place.course / "marker",
        "course": place.course,
        "labs": place.lab.folder.parent,
        "secret": token,
        "token": token,
        "seconds": seconds,
        "port": place.port,
        "number": place.number,
    }
    notebook = json.loads(notebooks.submission(place.lab.cells, place.lab.points))
    for cell in notebook["cells"]:
        if cell["id"] == "q9-2-solution":
            cell["source"] = attack.code.format(**about)
    before = place.fingerprint()
    answer = graded(worker, json.dumps(notebook))
    assert score(place, answer) == attack.score, _told(answer)
    assert place.fingerprint() == before
    told = json.dumps(answer)
    assert place.secret not in told
    assert str(place.number) not in told or attack.score == 4.0
    assert not place.heard
    _nobody_is_left(token, seconds)
    _the_page_is_safe(place, answer, notebook)
    assert score(place, graded(worker, place.solved())) == 4.0


@pytest.mark.parametrize("hand_in", HAND_INS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_strange_hand_in_gets_what_it_deserves(place: Place, worker: jobs.Settings, hand_in: HandIn) -> None:
    spoiled = hand_in.spoil(json.loads(place.solved()))
    answer = graded(worker, spoiled if isinstance(spoiled, str) else json.dumps(spoiled))
    result = result_of(place.lab, "mallory", answer, 0.0)
    assert result.score == hand_in.score, (result.why, result.notes)
    assert result.points == 4.0
    assert result.why.endswith(".")
    assert all(question.message for question in result.questions)


def _told(answer: dict[str, object]) -> str:
    return json.dumps([event for event in answer["events"] if "end" not in event] + [answer["failure"]])[:3000]


def _nobody_is_left(token: str, seconds: str) -> None:
    """No process of the attack is alive, here or in a container (their processes are this machine's too)."""
    ends = real_monotonic() + PATIENCE
    while True:
        left = [one.info["cmdline"] for one in psutil.process_iter(["cmdline"]) if _has(one, token, seconds)]
        if not left or real_monotonic() > ends:
            assert left == []
            return
        real_sleep(0.1)


def _has(process: psutil.Process, *words: str) -> bool:
    line = process.info["cmdline"] or []
    return any(word in part for part in line for word in words)


def _the_page_is_safe(place: Place, answer: dict[str, object], notebook: dict[str, object]) -> None:
    """Nothing of what a stranger wrote or showed is HTML in the feedback, and nothing hidden is in it."""
    result = result_of(place.lab, "mallory", answer, 0.0)
    page = feedback(result, dict(rebuilt(place.lab, json.dumps(notebook)).answers))
    assert "<script" not in page.lower()
    assert "javascript:" not in page.lower()
    assert "describe_clusters" not in page
    for cell in result.cells:
        assert all("text/html" not in output.get("data", {}) for output in cell.outputs)
