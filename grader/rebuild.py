"""A handed-in notebook put back on the released one: only the learner's solution cells are taken over, by their ids.

Whatever else was changed, copied, renamed, deleted or added is as if it had not been. Invariants: what comes out has
the released cells in the released order; text that cannot be read as a notebook is ``Unreadable`` with a sentence a
learner understands; nothing of it is executed here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.checks.percent import Cell
from grader.build import Lab
from grader.notebooks import named, without_solution

MOST = 20 << 20
"""Bytes of the largest notebook that is read."""
MOST_CELL = 200_000
"""Characters of the longest solution that is taken over."""
MOST_CELLS = 5_000


class Unreadable(Exception):
    """What was handed in is no notebook; says why, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A cell to be run or scored, in order. ``own`` where its text is the learner's."""

    name: str
    cell: Cell
    source: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The notebook that is graded. ``notes`` say what was left out or put back."""

    plan: tuple[Planned, ...]
    answers: Mapping[str, str]
    notes: tuple[str, ...]


def rebuilt(lab: Lab, text: str) -> Rebuilt:
    """The released notebook of ``lab`` with the solutions of the one in ``text``. Unreadable."""
    handed_in = _cells(text)
    released = named(lab.cells)
    wanted = {name: cell for name, cell in released if cell.written}
    found = _found(handed_in, wanted)
    answers: dict[str, str] = {}
    notes: list[str] = []
    for name, cell in wanted.items():
        sources = found.get(name, [])
        stub = without_solution(cell)
        changed = [source for source in sources if source.strip() != stub.strip()]
        answers[name] = (changed or sources or [stub])[0]
        notes += _said(name, cell, sources, changed)
    notes += _added(handed_in, {name for name, _ in released})
    plan = [
        Planned(
            name=name, cell=cell, own=cell.written, source=answers[name] if cell.written else without_solution(cell)
        )
        for name, cell in released
    ]
    return Rebuilt(plan=tuple(plan), answers=answers, notes=tuple(notes))


def _said(name: str, cell: Cell, sources: list[str], changed: list[str]) -> Iterator[str]:
    if not sources:
        yield f"The solution cell of question {cell.question} ({name}) is missing; it counts as not answered."
    elif len(set(changed)) > 1:
        yield f"There are {len(sources)} copies of the solution cell of question {cell.question}; the first that was \
changed counts."


def _added(handed_in: list[tuple[list[str], str]], known: set[str]) -> Iterator[str]:
    own = sum(1 for names, source in handed_in if source.strip() and not known & set(names))
    if own:
        yield f"{own} cells that are not part of the lab were not run: what a solution needs belongs in its own cell."


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


def _cells(text: str) -> list[tuple[list[str], str]]:
    """(the names a cell goes by: grade_id first, then its id; its text) of whatever can be read. Unreadable."""
    if len(text) > MOST:
        raise Unreadable(f"The notebook is larger than {MOST >> 20} MB: clear its outputs and hand it in again.")
    if not text.strip():
        raise Unreadable("The file that was handed in is empty.")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("The file that was handed in is not a notebook: it is not valid JSON.") from None
    cells = _listed(notebook)
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"The notebook has more than {MOST_CELLS} cells.")
    return [(_names(cell), _text(cell)) for cell in cells if isinstance(cell, dict)]


def _listed(notebook: Any) -> list[Any]:
    if isinstance(notebook, dict):
        cells = notebook.get("cells")
        if isinstance(cells, list):
            return cells
        sheets = notebook.get("worksheets")  # nbformat 3
        if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict):
            cells = sheets[0].get("cells")
            if isinstance(cells, list):
                return cells
    raise Unreadable("The file that was handed in is JSON, but not a notebook: it has no cells.")


def _names(cell: Mapping[str, Any]) -> list[str]:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    named = marks.get("grade_id") if isinstance(marks, dict) else None
    return [name for name in (named, cell.get("id")) if isinstance(name, str)]


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source[:MOST_CELL] if isinstance(source, str) else ""


def _found(handed_in: list[tuple[list[str], str]], wanted: Mapping[str, Cell]) -> dict[str, list[str]]:
    """The texts handed in for each wanted cell: by grade_id, and by cell id where the marks are gone."""
    by_mark: dict[str, list[str]] = defaultdict(list)
    by_id: dict[str, list[str]] = defaultdict(list)
    for names, source in handed_in:
        if names and names[0] in wanted:
            by_mark[names[0]].append(source)
        elif names and names[-1] in wanted:
            by_id[names[-1]].append(source)
    return {name: by_mark.get(name) or by_id.get(name, []) for name in wanted}
