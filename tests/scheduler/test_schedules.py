"""Claims about schedule expressions: when they are due, and what is said of those that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecslab.scheduler.schedules import following, read


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def due(expression: str, after: str, zone: str = "UTC") -> str | None:
    found = following(read(expression, zone), moment(after))
    return None if found is None else datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 8 * * ? *)", "2026-11-23 07:59", "2026-11-23 08:00"),
        ("cron(0 8 * * ? *)", "2026-11-23 08:00", "2026-11-24 08:00"),
        ("cron(0 8 ? * MON-FRI *)", "2026-11-20 09:00", "2026-11-23 08:00"),
        ("cron(*/15 * * * ? *)", "2026-11-23 08:15", "2026-11-23 08:30"),
        ("cron(0 0 L * ? *)", "2027-02-01 00:00", "2027-02-28 00:00"),
        ("cron(0 9 ? * 6L *)", "2026-11-01 00:00", "2026-11-27 09:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-11-03 00:00", "2026-12-07 09:00"),
        ("cron(30 23 31 12 ? 2026)", "2026-11-23 00:00", "2026-12-31 23:30"),
        ("cron(30 23 31 12 ? 2026)", "2027-01-01 00:00", None),
        ("cron(0 0 29 2 ? *)", "2026-11-23 00:00", "2028-02-29 00:00"),
        ("at(2026-11-23T08:00:00)", "2026-11-23 07:00", "2026-11-23 08:00"),
        ("at(2026-11-23T08:00:00)", "2026-11-23 08:00", None),
        ("rate(5 minutes)", "2026-11-23 08:00", "2026-11-23 08:05"),
    ],
)
def test_an_expression_is_due_when_it_says(expression: str, after: str, expected: str | None) -> None:
    assert due(expression, after) == expected


def test_a_time_zone_moves_it() -> None:
    assert due("cron(0 8 * * ? *)", "2026-11-23 00:00", "Europe/Berlin") == "2026-11-23 07:00"
    assert due("at(2026-07-01T08:00:00)", "2026-06-01 00:00", "Europe/Berlin") == "2026-07-01 06:00"


def test_a_rate_is_counted_from_its_beginning() -> None:
    assert following(read("rate(1 hour)"), 7300.0, first=100.0) == 100 + 3 * 3600


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("every day", "no schedule"),
        ("rate(1 minutes)", "no rate"),
        ("rate(5 minute)", "no rate"),
        ("rate(0 hours)", "no rate"),
        ("cron(0 8 * * *)", "5 fields"),
        ("cron(0 8 * * * *)", "\\?"),
        ("cron(60 8 * * ? *)", "minute"),
        ("cron(x 8 * * ? *)", "no minute"),
        ("cron(0 8 ? * XYZ *)", "day of week"),
        ("at(tomorrow)", "no time"),
    ],
)
def test_what_is_no_schedule_is_told_so(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(expression)


def test_an_unknown_time_zone_is_told() -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        read("rate(1 day)", "Berlin")
