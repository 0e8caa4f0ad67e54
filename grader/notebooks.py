"""Notebooks from a lab's cells: the source with solutions that nbgrader takes, and the learner's without.

Not a reader of labs (``ecslab.checks.percent``) and not a runner. Invariants: the same cells give the same bytes;
a learner's notebook holds nothing that stood between solution markers; its cells read exactly as nbgrader's own
``generate_assignment`` releases them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import nbformat

from ecslab.checks.percent import BEGIN, END, Cell, Role
from ecslab.checks.question import Question
from ecslab.errors import LabError

CODE_STUB = "# YOUR CODE HERE\npass"  # nbgrader_config.py says the same; a test compares them
TEXT_STUB = "YOUR ANSWER HERE"  # nbgrader's own, for text that a person grades
SCHEMA = 3  # nbgrader's metadata schema
_KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def source(cells: Sequence[Cell]) -> str:
    """The notebook with solutions and nbgrader's marks, as the text of an ``.ipynb``."""
    return _written(_notebook(cells, [cell.source for cell in cells]))


def student(cells: Sequence[Cell]) -> str:
    """The learner's notebook: solutions replaced by ``CODE_STUB``, cells locked as nbgrader locks them."""
    notebook = _notebook(cells, [without_solution(cell) for cell in cells])
    for cell in notebook.cells:
        _lock(cell.metadata)
    return _written(notebook)


def submission(cells: Sequence[Cell], solved: Iterable[str], instead: Mapping[str, str] | None = None) -> str:
    """A learner's notebook in which just the questions ``solved`` are answered as in the source.

    ``instead`` gives, by question, what its cell to write in holds in place of that.
    """
    done, other = set(solved), instead or {}
    texts = [
        other[cell.question]
        if cell.written and cell.question in other
        else cell.source
        if cell.question in done
        else without_solution(cell)
        for cell in cells
    ]
    return _written(_notebook(cells, texts))


def without_solution(cell: Cell) -> str:
    """The text of a cell as a learner gets it. Errors: LabError for markers that do not pair up."""
    if not cell.written:
        if BEGIN in cell.source or END in cell.source:
            raise LabError(
                f"A solution marker stands outside a solution cell: {cell.source[:60]!r}.",
                'Mark the cell role="solution".',
            )
        return cell.source
    if BEGIN not in cell.source and END not in cell.source:
        return _stub(cell)
    return "\n".join(_stubbed(cell))


def named(cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """Each cell with its id, which is its ``grade_id`` too where it has one."""
    names: Counter[str] = Counter()
    return [(_name(cell, position, names), cell) for position, cell in enumerate(cells, 1)]


def faults(cells: Sequence[Cell], questions: Sequence[Question]) -> list[str]:
    """What keeps this lab from being graded, as sentences; empty for a good one."""
    found = []
    known = {question.number: question for question in questions}
    found += [f"Cell of question {cell.question}: checks.py has no such question." for cell in _strangers(cells, known)]
    found += [
        f"Question {cell.question} has a check; a cell that a person grades needs a number of its own."
        for cell in cells
        if cell.role is Role.MANUAL and cell.question in known
    ]
    for number, question in known.items():
        own = [cell for cell in cells if cell.question == number]
        scores = [cell for cell in own if cell.role is Role.SCORE]
        if sum(cell.written for cell in own) != 1:
            found.append(f"Question {number} needs one solution or answer cell.")
        if [cell.points for cell in scores] != [question.points]:
            found.append(f"Question {number} needs one score cell with points={question.points:g}.")
        found += [f"The score cell of {number} does not end in lab.score." for c in scores if not _scores(c)]
        unknown = sorted({need for cell in own for need in cell.needs or ()} - known.keys())
        found += [f"Question {number} needs {need}, which there is not." for need in unknown]
    return found


def _strangers(cells: Sequence[Cell], known: dict[str, Question]) -> list[Cell]:
    manual = {cell.question for cell in cells if cell.role is Role.MANUAL}
    return [cell for cell in cells if cell.question and cell.question not in {*known, *manual}]


def _scores(cell: Cell) -> bool:
    name, _, call = cell.source.rstrip().split("\n")[-1].partition(".")  # a lab beside has another name
    return name.isidentifier() and call == f'score("{cell.question}")'


# ── building ──────────────────────────────────────────────────────────────────────────────────────────────────


def _notebook(cells: Sequence[Cell], texts: Sequence[str]) -> Any:
    notebook = nbformat.v4.new_notebook(metadata=_KERNEL)
    for (name, cell), text in zip(named(cells), texts, strict=True):
        marks = _marks(cell, name)
        new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        notebook.cells.append(new(text, metadata={"nbgrader": marks} if marks else {}, id=name))
    nbformat.validate(notebook)
    return notebook


def _name(cell: Cell, position: int, names: Counter[str]) -> str:
    """A cell's id and grade_id: "q2-1-score"; by position for cells of no question."""
    if cell.role in (Role.TEXT, Role.CHECK):
        return f"cell-{position:03d}"
    stem = "setup" if cell.role is Role.SETUP else f"q{cell.question.replace('.', '-')}-{_part(cell)}"
    names[stem] += 1
    return stem if names[stem] == 1 else f"{stem}-{names[stem]}"


def _part(cell: Cell) -> str:
    return "solution" if cell.role in (Role.SOLUTION, Role.ANSWER) else str(cell.role)


def _marks(cell: Cell, name: str) -> dict[str, Any]:
    """nbgrader's metadata: solution cells are hand-written, score cells autograded, setup cells read-only; what a
    person grades is both hand-written and graded."""
    if cell.role in (Role.TEXT, Role.CHECK):
        return {}
    graded = cell.role in (Role.SCORE, Role.MANUAL)
    marks: dict[str, Any] = {
        "cell_type": cell.kind,
        "grade": graded,
        "grade_id": name,
        "locked": not cell.written,
        "schema_version": SCHEMA,
        "solution": cell.written,
        "task": False,
    }
    return marks | ({"points": cell.points} if graded else {})


def _lock(metadata: Any) -> None:
    marks = metadata.get("nbgrader")
    if not marks:
        return
    metadata["deletable"] = False
    if marks["locked"]:
        metadata["editable"] = False


def _stub(cell: Cell) -> str:
    return CODE_STUB if cell.kind == "code" else TEXT_STUB


def _stubbed(cell: Cell) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in cell.source.split("\n"):
        if line.strip() in (BEGIN, END):
            if (line.strip() == BEGIN) is inside:
                raise LabError(
                    f"Question {cell.question}: a solution marker does not pair up.", f"Use {BEGIN} and {END}."
                )
            inside = not inside
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + stub for stub in _stub(cell).split("\n")] if inside else []
        elif not inside:
            kept.append(line)
    if inside:
        raise LabError(f"Question {cell.question}: {BEGIN} without {END}.", f"Add {END}.")
    return kept


def _written(notebook: Any) -> str:
    text: str = nbformat.writes(notebook, version=4)
    return text if text.endswith("\n") else text + "\n"
