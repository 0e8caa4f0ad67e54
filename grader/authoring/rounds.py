"""A round of proof: every case of a lab once, on a private lab of its own, and what each came to.

Rounds that are to be compared run as processes of their own (``python -m grader.authoring.rounds``), a few at a time.
Not the judgement over a lab (``checklist``). Invariant: two rounds of a lab on virtual time that differ in anything,
differ by the lab's or the checks' own chance: nothing of the machine is in what is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader.build import Lab, lab
from grader.private import PrivateLab, private_lab
from grader.prove import Case, Disproved, cases, prove

LIMIT = 3600.0
"""Real seconds that a round may take."""
OPENED = "lab.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What came of a case. ``wrong`` says why it did not hold, "" where it did; ``failed`` are the codes of findings
    that failed; ``story`` is the report and then the journal, one line for each entry."""

    question: str
    name: str
    mistake: bool
    wrong: str
    score: float = 0.0
    failed: tuple[str, ...] = ()
    story: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """Which case it was."""
        return self.question, self.name


def chosen(one: Lab, question: str = "", solved: bool = False) -> list[Case]:
    """The cases of a lab, those of one question or those without mistakes."""
    wanted = [case for case in cases(one) if case.stub is not None or not solved]
    return [case for case in wanted if question in ("", case.question)]


def run(one: Lab, wanted: Sequence[Case], runtime: str) -> Iterator[Proved]:
    """One round, case by case. Errors: LabError where no lab can be started."""
    with _labs_at(one.folder.parent), private_lab(one.folder.parent, runtime) as private:
        for case in wanted:
            yield _proved(one, case, private)


def _proved(one: Lab, case: Case, private: PrivateLab) -> Proved:
    began = real_monotonic()
    mistake = case.stub is None
    try:
        report = prove(one, case, private)
    except (Disproved, LabError) as wrong:
        return Proved(question=case.question, name=case.name, mistake=mistake, wrong=str(wrong))
    entries = private.call("/_ecslab/journal")["entries"]
    opened = max(number for number, entry in enumerate(entries) if entry["kind"] == OPENED)
    told = {"outcome": report.outcome, "score": report.score, "findings": report.findings, "message": report.message}
    return Proved(
        question=case.question,
        name=case.name,
        mistake=mistake,
        wrong="",
        score=report.score,
        failed=tuple(str(finding["code"]) for finding in report.findings if not finding["passed"]),
        story=(_line(told), *(_line(entry) for entry in entries[opened + 1 :])),
        seconds=round(real_monotonic() - began, 2),
    )


def _line(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, default=str)


@contextmanager
def _labs_at(labs: Path) -> Iterator[None]:
    """A lab that a cell starts beside the private one finds its questions here too."""
    before = os.environ.get("ECSLAB_LABS")
    os.environ["ECSLAB_LABS"] = str(labs)
    try:
        yield
    finally:
        os.environ.pop("ECSLAB_LABS") if before is None else os.environ.update(ECSLAB_LABS=before)


# ── comparing rounds ──────────────────────────────────────────────────────────────────────────────────────────


def again(
    one: Lab, first: Sequence[Proved], times: int, question: str, workers: int, done: Callable[[int], None]
) -> dict[tuple[str, str], str]:
    """Prove the cases that held ``times`` times more; by case, how a later round differed from the first.

    ``done`` is called with the number of each round that has ended. Errors: LabError where a round ended early.
    """
    different: dict[tuple[str, str], str] = {}
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="round") as pool:
        rounds = [pool.submit(_elsewhere, one.folder, question) for _ in range(times)]
        for number, future in enumerate(rounds, 2):
            found = {proved.key: proved for proved in future.result()}
            for before in first:
                words = _difference(before, found.get(before.key))
                if words and not before.wrong:
                    different.setdefault(before.key, f"run {number} differs from run 1: {words}")
            done(number)
    return different


def _difference(before: Proved, after: Proved | None) -> str:
    if after is None:
        return "it did not come to this case"
    if after.wrong:
        return after.wrong.splitlines()[0]
    for position, (one, other) in enumerate(zip(before.story, after.story, strict=False)):
        if one != other:
            what = "the findings" if position == 0 else f"journal entry {position}"
            return f"{what}: {_from_where_they_part(one, other)}"
    if len(before.story) != len(after.story):
        return f"{len(before.story) - 1} journal entries, then {len(after.story) - 1}"
    return ""


def _from_where_they_part(one: str, other: str) -> str:
    apart = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, apart - 40)
    return f"…{one[start : apart + 40]}… and …{other[start : apart + 40]}…"


def _elsewhere(folder: Path, question: str) -> list[Proved]:
    command = [sys.executable, "-m", "grader.authoring.rounds", str(folder), question]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise LabError(f"A run of {folder.name} took more than {LIMIT:g} seconds.") from late
    if done.returncode != 0:
        raise LabError(f"A run of {folder.name} ended early.", done.stderr.strip()[-2000:])
    told = json.loads(done.stdout)
    return [Proved(**(row | {"failed": tuple(row["failed"]), "story": tuple(row["story"])})) for row in told]


def main(folder: str, question: str) -> None:
    """A whole round on the simulated runtime, as JSON on stdout."""
    one = lab(Path(folder))
    rows = [asdict(proved) for proved in run(one, chosen(one, question), "simulated")]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
