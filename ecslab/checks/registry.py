"""Where questions are found: the ``labs/NN-name/checks.py`` files of a labs folder.

Not a server: the server owns a Registry and hands it a World for each check. Invariants: a question's number
begins with its lab's number and is unique; a check never raises out of ``check``; a lab file that cannot be
loaded is a LabError naming file and line, and harms no other lab.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import itertools
import re
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ecslab.checks import percent
from ecslab.checks.question import Question, Report, answered
from ecslab.checks.variant import variant_of
from ecslab.checks.world import World
from ecslab.errors import LabError

Record = Callable[..., object]
_readings = itertools.count(1)  # every reading is a package of its own, whoever else reads the same lab
_LAB = re.compile(r"(\d\d)-[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A question and the lab folder it was found in."""

    lab: str
    question: Question

    def to_json(self) -> dict[str, Any]:
        """One row of ``/_ecslab/questions``."""
        question = self.question
        return {"number": question.number, "title": question.title, "points": question.points, "lab": self.lab}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One hint: ``step`` counts from 0, ``steps`` is how many there are."""

    question: str
    text: str
    step: int
    steps: int

    def to_json(self) -> dict[str, Any]:
        """The hint as the lab's HTTP API sends it."""
        return {"question": self.question, "text": self.text, "step": self.step, "steps": self.steps}


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one lab folder held when it was last read: its questions, or why it cannot be loaded."""

    stamp: tuple[tuple[str, int], ...]
    questions: tuple[Question, ...] = ()
    broken: LabError | None = None


class Registry:
    """The questions of a labs folder, read again when a file has changed.

    ``record`` is ``Journal.record`` (or nothing): each check leaves an entry, a check that broke its traceback.
    ``settled``: the files do not change any more (while hand-ins are graded) and are read once.
    """

    def __init__(self, labs_dir: Path, record: Record | None = None, *, settled: bool = False) -> None:
        self._labs_dir = labs_dir
        self._settled = settled
        self._record = record
        self._loaded: dict[Path, _Loaded] = {}
        self._all: tuple[Listed, ...] = ()
        self._lock = threading.Lock()

    def labs(self) -> tuple[str, ...]:
        """The lab folders that have checks, in order."""
        return tuple(path.parent.name for path in self._files())

    def questions(self) -> tuple[Listed, ...]:
        """Every question of every lab that loads, in order. A broken lab is left out; asking for it tells why."""
        if not (self._settled and self._all):
            files = [(path.parent.name, self._load(path)) for path in self._files()]
            found = [Listed(lab=name, question=question) for name, loaded in files for question in loaded.questions]
            self._all = tuple(sorted(found, key=lambda listed: _order(listed.question.number)))
        return self._all

    def question(self, number: str) -> Question:
        """The question with this number. Errors: LabError naming the nearest ones, or the file that is broken."""
        return self._find(number).question

    def check(self, number: str, world: World | Callable[[str], World]) -> Report:
        """Check one question against the world (or the world made for its number).

        Errors: LabError for an unknown number or a lab file that does not load. What goes wrong inside the
        check itself is an ``uncheckable`` report.
        """
        question = self._find(number).question
        seen = world if isinstance(world, World) else world(number)
        report = answered(question, seen.since_opened())
        self._write_down(report)
        return report

    def variant(self, number: str, student: str) -> dict[str, Any]:
        """What is a learner's own in a question; empty where nothing is. LabError for an unknown number."""
        return variant_of(self._find(number).question.variant, student, number)

    def hint(self, number: str, step: int = 0) -> Hint:
        """The hint at ``step`` (from 0); beyond the last one, the last one."""
        hints = self._find(number).question.hints
        if not hints:
            return Hint(question=number, text="This question has no hints.", step=0, steps=0)
        step = max(0, min(step, len(hints) - 1))
        return Hint(question=number, text=hints[step], step=step, steps=len(hints))

    def solution(self, number: str) -> str:
        """The solution as markdown: the code of the question's solution cells in ``lab.py``."""
        listed = self._find(number)
        cells = percent.read(self._labs_dir / listed.lab / "lab.py")
        codes = [percent.solution(cell.source) for cell in cells if cell.question == number and cell.written]
        if not codes:
            raise LabError(f"Question {number} has no solution cell in labs/{listed.lab}/lab.py.", "Tell the teacher.")
        fenced = "\n\n".join(f"```python\n{code}\n```" for code in codes)
        return f"**{number} {listed.question.title}**\n\n{fenced}\n"

    # ── finding ───────────────────────────────────────────────────────────────────────────────────────────

    def _find(self, number: str) -> Listed:
        questions = self.questions()
        for listed in questions:
            if listed.question.number == number:
                return listed
        for path in self._files():
            broken = self._load(path).broken
            if broken is not None and _order(number)[:1] == _order(path.parent.name[:2]):
                raise broken
        raise _unknown(number, [listed.question.number for listed in questions])

    def _files(self) -> list[Path]:
        found = self._labs_dir.glob("*/checks.py") if self._labs_dir.is_dir() else ()
        return sorted(path for path in found if _LAB.fullmatch(path.parent.name))

    def _load(self, path: Path) -> _Loaded:
        stamp = _stamp(path)
        with self._lock:
            known = self._loaded.get(path)
            if known is None or known.stamp != stamp:
                known = self._loaded[path] = _read(path, stamp)
            return known

    def _write_down(self, report: Report) -> None:
        if self._record is None:
            return
        text = f"Question {report.question}: {report.outcome}, {report.score:g} of {report.points:g} points."
        detail: dict[str, Any] = {"outcome": str(report.outcome), "score": report.score, "points": report.points}
        if report.failure is not None:
            text = report.message
            detail["traceback"] = "".join(traceback.format_exception(report.failure))
        self._record("check.report" if report.failure is None else "check.failure", report.question, text, **detail)


def _read(path: Path, stamp: tuple[tuple[str, int], ...]) -> _Loaded:
    try:
        return _Loaded(stamp, _validated(path, _import(path)))
    except LabError as wrong:
        return _Loaded(stamp, broken=wrong)


def _import(path: Path) -> ModuleType:
    """Run a ``checks.py`` as a package of its own, so that it can import the modules beside it (``from .looking``).

    Errors: LabError naming file and line.
    """
    name = f"ecslab_lab_{path.parent.name.replace('-', '_')}_{next(_readings)}"
    importlib.invalidate_caches()
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if spec is None or spec.loader is None:
        raise LabError(f"{path} cannot be loaded.", "Is it a Python file?")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as failure:
        _forget(name)
        where, line = _place(path, failure)
        raise LabError(
            f"{where}, line {line}: {type(failure).__name__}: {failure}.",
            f"Mend the lab's {where.name} and check again.",
        ) from failure
    return module


def _forget(name: str) -> None:
    """Drop a reading of a lab that failed, its neighbours included."""
    for known in [module for module in list(sys.modules) if module == name or module.startswith(name + ".")]:
        del sys.modules[known]


def _place(path: Path, failure: Exception) -> tuple[Path, int]:
    """The lab's file and line where loading it stopped."""
    if isinstance(failure, SyntaxError) and failure.filename and Path(failure.filename).parent == path.parent:
        return Path(failure.filename), failure.lineno or 1
    frames = [
        frame for frame in traceback.extract_tb(failure.__traceback__) if Path(frame.filename).parent == path.parent
    ]
    return (Path(frames[-1].filename), frames[-1].lineno or 1) if frames else (path, 1)


def _stamp(path: Path) -> tuple[tuple[str, int], ...]:
    """When the Python files of a lab's folder were last written."""
    return tuple(sorted((file.name, file.stat().st_mtime_ns) for file in path.parent.glob("*.py")))


def _validated(path: Path, module: ModuleType) -> tuple[Question, ...]:
    questions = getattr(module, "QUESTIONS", None)
    if not isinstance(questions, tuple | list) or not all(isinstance(q, Question) for q in questions):
        raise LabError(
            f"{path}, line 1: QUESTIONS is missing or holds something else.", "Set QUESTIONS = (Question(…), …)."
        )
    lab = int(path.parent.name[:2])
    seen: set[str] = set()
    for question in questions:
        if not re.fullmatch(rf"{lab}\.\d+", question.number) or question.number in seen:
            raise LabError(
                f"{path}: the question number {question.number!r} is used twice or is not one of lab {lab}.",
                f'Number the questions "{lab}.1", "{lab}.2" and so on.',
            )
        seen.add(question.number)
    return tuple(questions)


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", number))


def _unknown(number: str, known: list[str]) -> LabError:
    if not known:
        return LabError(
            f"There is no question {number}: this lab server knows no questions.", "Start it with the labs folder."
        )
    near = difflib.get_close_matches(number, known, n=4, cutoff=0.5) or known[:4]
    near.sort(key=_order)
    return LabError(f"There is no question {number!r}.", f"Did you mean {' or '.join(near)}?")
