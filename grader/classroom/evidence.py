"""What was recorded of an assignment: its results, without what the class does not need.

Not the results themselves (``grader.result``). Invariant: a file that cannot be read is named, and stops nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader import result
from grader.result import Result

BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error, RecursionError)
"""What reading a file that is not whole, or not a result, can raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The results of an assignment by student, the lab seconds that each spent, and the files that are not whole."""

    results: tuple[Result, ...]
    lab_seconds: Mapping[str, float]
    unreadable: tuple[str, ...] = ()


def assignments(course: Path) -> list[str]:
    """The assignments that have results."""
    return sorted({path.name.removesuffix(".json.gz") for path in (course / result.FOLDER).glob("*/*.json.gz")})


def read(course: Path, assignment: str) -> Evidence:
    """Every result of an assignment. A thousand of them fit into memory: outputs, tapes and stories are left out."""
    found: list[Result] = []
    spent: dict[str, float] = {}
    unreadable = []
    for path in _files(course, assignment):
        try:
            whole = result.load(path)
            spent[whole.student] = _spent(whole.story)
            cells = tuple(replace(cell, outputs=()) for cell in whole.cells)
            found.append(replace(whole, tape=(), story=(), cells=cells))
        except BROKEN:
            unreadable.append(path.relative_to(course).as_posix())
    return Evidence(results=tuple(found), lab_seconds=spent, unreadable=tuple(unreadable))


def waiting(course: Path, assignment: str) -> list[str]:
    """Students who have handed in and have no result yet."""
    graded = {path.parent.name for path in _files(course, assignment)}
    handed = {path.parent.name for path in (course / "submitted").glob(f"*/{assignment}") if path.is_dir()}
    return sorted(handed - graded)


def _files(course: Path, assignment: str) -> Iterator[Path]:
    yield from sorted((course / result.FOLDER).glob(f"*/{assignment}.json.gz"))


def _spent(story: tuple[Mapping[str, Any], ...]) -> float:
    times = [float(entry["at"]) for entry in story if isinstance(entry.get("at"), int | float)]
    return max(times) - min(times) if times else 0.0
