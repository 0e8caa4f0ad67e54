"""Which hand-ins resemble each other more than the class does: a signal for a talk, never a proof.

Not a judgement and not a check of authorship. What everybody wrote weighs nothing, what few wrote weighs more
(log2 of the class over the writers); of the teacher's own solution a quarter counts, for it is what was asked for.
Invariants: of N hand-ins not N² are compared but those that share something rare; the same files give the same list.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import LabError
from grader.classroom import handins
from grader.classroom.handins import Class, HandIn, OwnCell

CAUTION = (
    "A signal, not a proof. Short exercises have few good answers, friends explain things to each other, and a shared "
    "source (the lecture, the documentation, an assistant) leaves the same traces. Read both cells, look at how the "
    "work came about, and talk with the students before you conclude anything."
)
LEAST = 0.5
"""Of what is rare in the smaller hand-in, the part that must be in the other too."""
LEAST_PRINTS = 14
"""In common, below which nothing is said, were they in these two alone: about five lines."""
LEAST_OF_CELL = 0.75
"""The same for two cells, where the rest of the hand-ins differs: one answer can be shared too."""
FEW, LEAST_OF_FEW = 5, 0.85
"""Of fewer hand-ins nobody can say what is common, so that more must be alike."""
ASKED_FOR = 0.25
LOOKS = 6_000_000
"""Pairs looked at while searching, rarest fingerprints first; beyond it a fingerprint is too common to tell."""
CANDIDATES = 4000
MOST_PAIRS = 200
MOST_CELLS = 4
RARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Two cells that go together: how much of what is rare in the smaller is in both (0 to 1), and how rare it is."""

    left: OwnCell
    right: OwnCell
    alike: float
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two students. ``alike`` is the weighed part in common, of the hand-ins or of the cells called ``where``; ``bits``
    how unusual that is, ``rare`` how many statements they share that at most ``RARE`` students wrote, ``marks``
    comments and texts that hardly anyone else has."""

    left: str
    right: str
    alike: float
    bits: float
    where: str
    rare: int
    marks: tuple[str, ...]
    matches: tuple[Match, ...]

    @property
    def rank(self) -> float:
        """For sorting: unusual and much of the whole."""
        return self.bits * self.alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """The pairs of an assignment, most striking first, and the groups they form."""

    assignment: str
    compared: int
    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    skipped: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.assignment}: {self.compared} hand-ins compared, {len(self.pairs)} pairs stand out."]
        lines += [
            f"  {pair.alike:4.0%}  {pair.left} · {pair.right}  "
            f"({pair.rare} statements that few others wrote; {', '.join(m.left.name for m in pair.matches[:4])})"
            for pair in self.pairs[:30]
        ]
        lines += [f"  not compared: {student}: {why}" for student, why in self.skipped]
        return "\n".join([*lines, CAUTION] if self.pairs else lines)

    def _repr_html_(self) -> str:
        from grader.classroom.beside import section
        from grader.classroom.look import shown

        return str(shown(section(self)))


def similar(course: Path, assignment: str) -> Similar:
    """Compare the hand-ins of an assignment. LabError where there are none."""
    found = handins.read(course, assignment)
    if not found.handed and not found.skipped:
        raise LabError(f"Nobody has handed in {assignment}.", f"Look into {course / 'submitted'}.")
    return compared(found, assignment)


def compared(found: Class, assignment: str = "") -> Similar:
    """The pairs of a class that stand out."""
    scale = _Scale(found)
    pairs = [pair for left, right in scale.candidates() if (pair := scale.pair(left, right)) is not None]
    pairs.sort(key=lambda pair: (-pair.rank, pair.left, pair.right))
    return Similar(
        assignment=assignment, compared=len(found.handed), skipped=found.skipped, groups=_groups(pairs),
        pairs=tuple(pairs[:MOST_PAIRS]),
    )  # fmt: skip


class _Scale:
    """What everything weighs in one class, and what that makes of two of its students."""

    def __init__(self, found: Class) -> None:
        self._people = {one.student: one for one in found.handed}
        self._counts = Counter(one for hand_in in found.handed for one in hand_in.prints)
        self._marks = Counter(mark for hand_in in found.handed for mark in hand_in.marks)
        size = len(found.handed)
        self._weights = {
            one: math.log2((size + 1) / count) * (ASKED_FOR if one in found.solved else 1.0)
            for one, count in self._counts.items()
        }
        self._totals = {one.student: self._weigh(one.prints) for one in found.handed}
        self._cells = {id(cell): self._weigh(cell.prints) for one in found.handed for cell in one.cells}
        self._least = LEAST_PRINTS * math.log2((size + 1) / 2)
        self._enough = LEAST if size >= FEW else LEAST_OF_FEW

    def candidates(self) -> list[tuple[str, str]]:
        """The pairs with most rarity in common, found from an index of fingerprints, the rarest first."""
        index: dict[int, list[str]] = defaultdict(list)
        for student, one in self._people.items():
            for fingerprint in one.prints:
                index[fingerprint].append(student)
        shared: dict[tuple[str, str], float] = defaultdict(float)
        looked = 0
        for fingerprint, students in sorted(index.items(), key=lambda entry: (len(entry[1]), entry[0])):
            looked += len(students) * (len(students) - 1) // 2
            if looked > LOOKS:
                break
            weight = self._weights[fingerprint]
            for pair in itertools.combinations(students, 2):
                shared[pair] += weight
        best = sorted(shared.items(), key=lambda entry: (-entry[1], entry[0]))[:CANDIDATES]
        return [pair for pair, _ in best]

    def pair(self, left: str, right: str) -> Pair | None:
        """What two students have in common, in all or in one cell; None where that is not remarkable."""
        one, other = self._people[left], self._people[right]
        shared = one.prints & other.prints
        bits, less = self._weigh(shared), min(self._totals[left], self._totals[right])
        if bits < self._least or less <= 0:
            return None
        alike, where, matches = min(1.0, bits / less), "", self._matches(one, other)
        if alike < self._enough:
            telling = [m for m in matches if m.alike >= max(LEAST_OF_CELL, self._enough) and m.bits >= self._least]
            if not telling:
                return None
            alike, bits, where = telling[0].alike, telling[0].bits, telling[0].left.name
        both = sorted(mark for mark in one.marks & other.marks if self._marks[mark] <= RARE)
        return Pair(
            left=left, right=right, alike=alike, bits=bits, where=where, rare=self._rare(one, other, shared),
            marks=tuple(both[:8]), matches=matches[:MOST_CELLS],
        )  # fmt: skip

    def _weigh(self, prints: Iterable[int]) -> float:
        return math.fsum(self._weights[one] for one in prints)

    def _rare(self, one: HandIn, other: HandIn, shared: frozenset[int]) -> int:
        """The statements in common that hardly anyone else wrote."""
        wholes = [{s.whole for cell in hand_in.cells for s in cell.shape.statements} for hand_in in (one, other)]
        return sum(self._counts[whole] <= RARE for whole in wholes[0] & wholes[1] & shared)

    def _matches(self, left: HandIn, right: HandIn) -> tuple[Match, ...]:
        """The cells that go together, the weightiest first, each cell once."""
        found = []
        for one, other in itertools.product(left.cells, right.cells):
            bits, less = self._weigh(one.prints & other.prints), min(self._cells[id(one)], self._cells[id(other)])
            if bits > 0 and bits / less >= LEAST:
                found.append(Match(left=one, right=other, alike=min(1.0, bits / less), bits=bits))
        found.sort(key=lambda match: (-match.bits, match.left.name, match.right.name))
        chosen: list[Match] = []
        for match in found:
            if all(match.left is not one.left and match.right is not one.right for one in chosen):
                chosen.append(match)
        return tuple(chosen)


def _groups(pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Students who hang together by pairs; groups of three and more, the largest first."""
    leader: dict[str, str] = {}

    def top(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for pair in pairs:
        leader[top(pair.left)] = top(pair.right)
    together: dict[str, list[str]] = defaultdict(list)
    for name in leader:
        together[top(name)].append(name)
    found = [tuple(sorted(names)) for names in together.values() if len(names) > 2]
    return tuple(sorted(found, key=lambda names: (-len(names), names)))
