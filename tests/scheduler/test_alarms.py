"""Claims about alarms: M of N, and each way to treat missing data, as the tables of CloudWatch's guide show them."""

from __future__ import annotations

import pytest

from ecslab.scheduler.alarms import AlarmRule, AlarmState, Missing, evaluate

KEPT = "kept"
TABLE_3_OF_3 = [
    # five periods, oldest first: 0 is fine, X breaches, - is missing; then missing, ignore, breaching, notBreaching
    ("0-X-X", "OK OK OK OK"),
    ("----0", "OK OK OK OK"),
    ("-----", "INSUFFICIENT_DATA kept ALARM OK"),
    ("0XX-X", "ALARM ALARM ALARM ALARM"),
    ("--X--", "ALARM kept ALARM OK"),
    ("---X-", "kept kept ALARM OK"),
    ("---XX", "kept kept ALARM OK"),
]
TABLE_2_OF_3 = [
    ("0-X-X", "ALARM ALARM ALARM ALARM"),
    ("00X0X", "ALARM ALARM ALARM ALARM"),
    ("0-X--", "OK OK ALARM OK"),
    ("----0", "OK OK ALARM OK"),
    ("---X-", "ALARM kept ALARM OK"),
]


def points(text: str) -> list[float | None]:
    return [{"0": 1.0, "X": 99.0, "-": None}[sign] for sign in text]


def rule(to_alarm: int, missing: Missing = Missing.MISSING) -> AlarmRule:
    return AlarmRule(comparison="GreaterThanThreshold", threshold=60, periods=3, to_alarm=to_alarm, missing=missing)


@pytest.mark.parametrize("before", list(AlarmState))
@pytest.mark.parametrize(
    ("to_alarm", "text", "expected"),
    [(3, *row) for row in TABLE_3_OF_3] + [(2, *row) for row in TABLE_2_OF_3],
)
def test_missing_data_is_treated_as_the_guide_shows(
    to_alarm: int, text: str, expected: str, before: AlarmState
) -> None:
    wanted = [before if word == KEPT else AlarmState(word) for word in expected.split()]
    got = [evaluate(rule(to_alarm, missing), points(text), before).state for missing in Missing]
    assert got == wanted


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 60, "OK"),
        ("GreaterThanThreshold", 60.1, "ALARM"),
        ("GreaterThanOrEqualToThreshold", 60, "ALARM"),
        ("LessThanThreshold", 60, "OK"),
        ("LessThanOrEqualToThreshold", 60, "ALARM"),
    ],
)
def test_the_threshold_itself_belongs_to_the_comparison(comparison: str, value: float, state: str) -> None:
    judged = evaluate(AlarmRule(comparison=comparison, threshold=60), [value], AlarmState.OK)
    assert judged.state == state


def test_two_of_three_is_not_yet_three_of_three() -> None:
    assert evaluate(rule(3), points("00XX"), AlarmState.OK).state is AlarmState.OK
    assert evaluate(rule(3), points("0XXX"), AlarmState.OK).state is AlarmState.ALARM


def test_the_reason_tells_the_datapoints_newest_first() -> None:
    told = evaluate(rule(3), [90.0, 91.5, 92.0], AlarmState.INSUFFICIENT_DATA).reason
    assert told == (
        "Threshold Crossed: 3 out of the last 3 datapoints [92, 91.5, 90] were greater than the threshold (60) "
        "(minimum 3 datapoints for INSUFFICIENT_DATA -> ALARM transition)."
    )
    assert "not greater" in evaluate(rule(3), points("000"), AlarmState.OK).reason
    assert evaluate(rule(3), [], AlarmState.OK).reason == "Insufficient Data: no datapoints were received."
