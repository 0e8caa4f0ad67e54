"""Schedule expressions: at(…), rate(…) and cron(…), and when they are due next. Pure.

Times are seconds since the epoch. Invariant: ``following`` is later than the time it is asked about, or None. Source:
Application Auto Scaling API Reference, PutScheduledAction; EventBridge User Guide, "Cron expressions".
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 1, 7))
LAST_YEAR = 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One expression, read. Only the fields of its kind mean something."""

    at: float | None = None
    every: float | None = None
    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: str = ""
    months: frozenset[int] = frozenset()
    weekdays: str = ""
    years: frozenset[int] | None = None
    zone: tzinfo = UTC


def read(expression: str, zone: str = "UTC") -> Schedule:
    """Read an expression. ValueError says what is wrong with it and what to try."""
    place = _zone(zone)
    match = re.fullmatch(r"\s*(at|rate|cron)\((.*)\)\s*", expression)
    if match is None:
        raise ValueError(
            f"'{expression}' is no schedule. Use at(2026-01-31T08:00:00), rate(5 minutes) or cron(0 8 * * ? *)."
        )
    kind, body = match[1], match[2].strip()
    if kind == "at":
        return Schedule(at=_moment(body, place), zone=place)
    return Schedule(every=_rate(body), zone=place) if kind == "rate" else _cron(body, place)


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name in ("UTC", "") else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"There is no time zone '{name}'. Use a name like Europe/Berlin.") from None


def _moment(text: str, zone: tzinfo) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).timestamp()
    except ValueError:
        raise ValueError(f"'{text}' is no time. Write at(yyyy-mm-ddThh:mm:ss).") from None


def _rate(text: str) -> float:
    match = re.fullmatch(r"(\d+)\s+(minute|hour|day)(s?)", text)
    if match is None or int(match[1]) < 1 or (int(match[1]) == 1) == bool(match[3]):
        raise ValueError(f"'{text}' is no rate. Write rate(1 minute) or rate(5 minutes); also hour and day.")
    return int(match[1]) * UNITS[match[2]]


def _cron(text: str, zone: tzinfo) -> Schedule:
    parts = text.upper().split()
    if len(parts) != 6:
        raise ValueError(f"cron({text}) has {len(parts)} fields. It takes six: minutes hours day month weekday year.")
    if (parts[2] == "?") == (parts[4] == "?"):
        raise ValueError(f"cron({text}): give a day of the month or a day of the week, and ? for the other.")
    return Schedule(
        minutes=_numbers(parts[0], 0),
        hours=_numbers(parts[1], 1),
        days=_checked(parts[2], 2),
        months=_numbers(parts[3], 3, MONTHS),
        weekdays=_checked(parts[4], 4),
        years=None if parts[5] == "*" else _range(parts[5], 1970, LAST_YEAR, {}, "year"),
        zone=zone,
    )


def _numbers(text: str, field: int, names: dict[str, int] | None = None) -> frozenset[int]:
    what, low, high = FIELDS[field]
    return _range(text, low, high, names or {}, what)


def _range(text: str, low: int, high: int, names: dict[str, int], what: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        body, _, every = part.partition("/")
        first, _, last = body.partition("-")
        try:
            start = low if first == "*" else names.get(first) or int(first)
            end = high if first == "*" or (every and not last) else start
            end = (names.get(last) or int(last)) if last else end
            found |= set(range(start, end + 1, int(every or 1)))
        except ValueError:
            raise ValueError(f"'{part}' is no {what} of a cron expression.") from None
        if not low <= start <= end <= high:
            raise ValueError(f"'{part}' is not within {low} to {high} for the {what}.")
    return frozenset(found)


def _checked(text: str, field: int) -> str:
    """A day field, kept as text: what it means depends on the month. ValueError now, not when it is due."""
    if text not in ("?", "*"):
        _days(text, 2026, 1) if field == 2 else _weekdays(text, 2026, 1)
    return text


def _days(text: str, year: int, month: int) -> frozenset[int]:
    last = calendar.monthrange(year, month)[1]
    if text in ("?", "*"):
        return frozenset(range(1, last + 1))
    if text == "L":
        return frozenset((last,))
    return _range(text, 1, 31, {}, "day of month")


def _weekdays(text: str, year: int, month: int) -> frozenset[int]:
    """The days of a month that are meant (1 is Sunday, ``6L`` the last Friday, ``2#1`` the first Monday)."""
    last = calendar.monthrange(year, month)[1]
    if text in ("?", "*"):
        return frozenset(range(1, last + 1))
    special = re.fullmatch(r"([A-Z]{3}|[1-7])(L|#[1-5])", text)
    wanted = (
        frozenset((DAYS.get(special[1]) or int(special[1]),)) if special else _range(text, 1, 7, DAYS, "day of week")
    )
    found = [day for day in range(1, last + 1) if date(year, month, day).isoweekday() % 7 + 1 in wanted]
    if special is None:
        return frozenset(found)
    place = -1 if special[2] == "L" else int(special[2][1]) - 1
    return frozenset(found[place:][:1])


def following(schedule: Schedule, after: float, first: float | None = None) -> float | None:
    """When it is due next after ``after``; rates are counted from ``first``. None where never again."""
    if schedule.at is not None:
        return schedule.at if schedule.at > after else None
    if schedule.every is not None:
        begin = after if first is None else first
        passed = max(0, int((after - begin) // schedule.every) + 1)
        return begin + passed * schedule.every
    return _next_cron(schedule, after)


def _next_cron(schedule: Schedule, after: float) -> float | None:
    moment = datetime.fromtimestamp(after, schedule.zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = moment.date()
    for _ in range(366 * 8):
        if _falls_on(schedule, day):
            earliest = moment.hour * 60 + moment.minute if day == moment.date() else 0
            times = (h * 60 + m for h in sorted(schedule.hours) for m in sorted(schedule.minutes))
            found = next((at for at in times if at >= earliest), None)
            if found is not None:
                due = datetime(day.year, day.month, day.day, found // 60, found % 60, tzinfo=schedule.zone)
                return due.timestamp()
        if day.year > LAST_YEAR:
            return None
        day += timedelta(days=1)
    return None


def _falls_on(schedule: Schedule, day: date) -> bool:
    if day.month not in schedule.months or (schedule.years is not None and day.year not in schedule.years):
        return False
    field, days = (schedule.weekdays, _weekdays) if schedule.days == "?" else (schedule.days, _days)
    return day.day in days(field, day.year, day.month)
