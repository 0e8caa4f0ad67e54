"""What a lab lacks, line by line, each with what to do.

It looks at the files of a lab and at what its proof came to; it runs nothing. Two levels: what is wrong keeps a lab
from being graded right; what is missing keeps it from being a good one. Invariant: an item names the question, the
mistake or the finding it is about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecslab.checks.percent import Cell, Role
from ecslab.checks.question import Question
from ecslab.errors import LabError
from grader import notebooks
from grader.authoring.rounds import Proved
from grader.build import Lab, lab, parts, stale
from grader.prove import mistake

HINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is not as it should be: ``about`` what, in ``words``, and what to do. ``wrong`` or missing."""

    about: str
    words: str
    remedy: str
    wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A lab folder, looked at: ``lab`` is None where it cannot be graded, and the items say why."""

    folder: Path
    lab: Lab | None
    questions: tuple[Question, ...]
    items: tuple[Item, ...]


def examined(folder: Path) -> Examined:
    """Look at the files of a lab. Never raises for what is wrong with them."""
    try:
        cells, questions = parts(folder)
    except LabError as broken:
        return Examined(
            folder=folder, lab=None, questions=(), items=(_wrong(folder.name, broken.message, broken.hint),)
        )
    items = [*_faults(folder, cells, questions), *_mistake_files(folder, questions)]
    one = None if any(item.wrong for item in items) else lab(folder)
    items += [*_hints(questions), *_check_cells(cells, questions)]
    if one is not None and stale(one):
        words = f"{one.student_path.name} is not what lab.py gives."
        items.append(Item(about=folder.name, words=words, remedy="Run ecslab course build."))
    return Examined(folder=folder, lab=one, questions=questions, items=tuple(items))


def judged(
    seen: Examined,
    proved: Sequence[Proved],
    different: Mapping[tuple[str, str], str],
    nbgrader: Mapping[tuple[str, str], str],
) -> list[Item]:
    """All items of a lab after its proof: what cases, later runs and nbgrader's pipeline said, and what is missing."""
    found = [_wrong(p.question, p.wrong, "Mend the check, the solution or the mistake.") for p in proved if p.wrong]
    found += [
        _wrong(question, f"{name}: {words}", "A check may use nothing but what the lab shows: no clock, no chance.")
        for (question, name), words in different.items()
    ]
    found += [
        _wrong(question, f"{name}: {words}", "Does the question need another (needs=)? Does a later cell interfere?")
        for (question, name), words in nbgrader.items()
    ]
    if not any(one.mistake for one in proved) and any((seen.folder / "mistakes").glob("*.py")):
        return [*seen.items, *found]  # mistakes were left out of this proof
    return [*seen.items, *found, *_unmistaken(seen, proved), *_never_shown(seen, proved)]


# ── the files ─────────────────────────────────────────────────────────────────────────────────────────────────


def _faults(folder: Path, cells: Sequence[Cell], questions: Sequence[Question]) -> Iterator[Item]:
    for words in notebooks.faults(cells, questions):
        yield _wrong(_question_in(words, questions) or folder.name, words, "Mend the cell's marker in lab.py.")
    try:
        for cell in cells:
            notebooks.without_solution(cell)
    except LabError as unpaired:
        yield _wrong(folder.name, unpaired.message, unpaired.hint)


def _mistake_files(folder: Path, questions: Sequence[Question]) -> Iterator[Item]:
    known = {question.number for question in questions}
    for path in sorted((folder / "mistakes").glob("*.py")):
        try:
            case = mistake(path)
        except (LabError, ValueError):
            words = "Its header does not say which question it answers and what it expects."
            yield _wrong(f"mistakes/{path.name}", words, "Begin it with `# question: 2.1` and `# expects: CODE`.")
            continue
        if case.question not in known:
            words = f"It answers question {case.question}, which there is not."
            yield _wrong(f"mistakes/{path.name}", words, f"Name one of {', '.join(sorted(known))}, or delete it.")


def _hints(questions: Iterable[Question]) -> Iterator[Item]:
    for question in questions:
        count = len(question.hints)
        if count < HINTS:
            words = f"It has {count or 'no'} hint{'' if count == 1 else 's'}."
            yield Item(about=question.number, words=words, remedy="Write three: a nudge, more, almost there.")


def _check_cells(cells: Sequence[Cell], questions: Iterable[Question]) -> Iterator[Item]:
    for question in questions:
        own = [cell for cell in cells if cell.role is Role.CHECK and cell.question == question.number]
        marker = f'# %% question="{question.number}" role="check"'
        call = f'.check("{question.number}")'
        if not own:
            yield Item(about=question.number, words="It has no check cell.", remedy=f"Add {marker} with lab{call}.")
        elif not any(call in cell.source for cell in own):
            words = "Its check cell does not ask about this question."
            yield Item(about=question.number, words=words, remedy=f"Write lab{call} in it.")


# ── after the proof ───────────────────────────────────────────────────────────────────────────────────────────


def _unmistaken(seen: Examined, proved: Sequence[Proved]) -> Iterator[Item]:
    known = {one.question for one in proved if one.mistake}
    for question in seen.questions:
        if any(one.question == question.number for one in proved) and question.number not in known:
            words = "No mistake is known for it: nothing proves that a wrong answer is told apart."
            remedy = f"Write mistakes/NAME.py with `# question: {question.number}` and `# expects: CODE`."
            yield Item(about=question.number, words=words, remedy=remedy)


def _never_shown(seen: Examined, proved: Sequence[Proved]) -> Iterator[Item]:
    if {question.number for question in seen.questions} != {one.question for one in proved} or any(
        one.wrong for one in proved
    ):
        return  # the proof of a part says nothing about the codes of the whole
    shown = {code for one in proved if one.mistake for code in one.failed}
    for code, places in codes(seen.folder).items():
        if code not in shown:
            words = f"The finding {code!r} ({places}) is shown by no mistake."
            yield Item(about=code, words=words, remedy="Write the mistake that causes it, or drop the code.")


def codes(folder: Path) -> dict[str, str]:
    """Every finding code that the lab's own Python files write out, with the first place."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        if path.name == "lab.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for code, line in _codes_of(node):
                found.setdefault(code, f"{path.name}:{line}")
    return dict(sorted(found.items()))


def _codes_of(node: ast.AST) -> Iterator[tuple[str, int]]:
    if not isinstance(node, ast.Call):
        return
    given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
    if isinstance(node.func, ast.Name) and node.func.id == "failed":
        given += node.args[2:3]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
            yield value.value, value.lineno


def _wrong(about: str, words: str, remedy: str) -> Item:
    return Item(about=about, words=words, remedy=remedy, wrong=True)


def _question_in(words: str, questions: Sequence[Question]) -> str:
    tokens = words.replace(":", " ").split()
    return next((question.number for question in questions if question.number in tokens), "")
