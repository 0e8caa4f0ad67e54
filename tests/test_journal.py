"""The journal: numbered, immutable, filtered."""

from __future__ import annotations

import dataclasses

import pytest

from ecslab.journal import Journal


def test_entries_are_numbered_without_gaps_and_stamped() -> None:
    times = iter([1.0, 2.0, 3.0])
    journal = Journal(lambda: next(times))
    for _ in range(3):
        journal.record("task.status", "arn", "text")
    assert [(e.number, e.at) for e in journal.read()] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_reading_filters_by_number_kind_and_subject() -> None:
    journal = Journal(lambda: 0.0)
    journal.record("task.status", "task/a", "one")
    journal.record("service.event", "service/b", "two")
    journal.record("task.stop", "task/b", "three")
    assert [e.text for e in journal.read(kind="task.")] == ["one", "three"]
    assert [e.text for e in journal.read(subject="/b")] == ["two", "three"]
    assert [e.text for e in journal.read(after=2)] == ["three"]


def test_an_entry_cannot_be_changed() -> None:
    entry = Journal(lambda: 0.0).record("k", "s", "t")
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.text = "other"  # type: ignore[misc]


def test_the_oldest_entries_are_dropped_beyond_the_limit() -> None:
    journal = Journal(lambda: 0.0, keep=2)
    for number in range(5):
        journal.record("k", "s", str(number))
    assert [e.text for e in journal.read()] == ["3", "4"]
    assert len(journal) == 5
