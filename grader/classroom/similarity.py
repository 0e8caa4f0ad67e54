"""Which hand-ins resemble each other more than the class does: a signal for a talk, never a proof.

Not a judgement and not a check of authorship. What everybody wrote weighs nothing, what few wrote weighs more
(log2 of the class over the writers); of the teacher's own solution a quarter counts, for it is what was asked for.
Invariants: of N hand-ins not N² are compared but those that share something rare; the same files give the same list.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
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
    """Two cells that go together, and how much of the rarer of them is in both, from 0 to 1."""

    left: OwnCell
    right: OwnCell
    alike: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two students. ``alike`` is the weighed part in common, ``bits`` how unusual that is, ``rare`` how many
    statements they share that at most ``RARE`` students wrote, ``marks`` comments and texts that only they have."""

    left: str
    right: str
    alike: float
    bits: float
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
            f"({pair.rare} statements that few others wrote; {', '.join(m.left.name for m in pair.matches)})"
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
    weights = _weights(found)
    people = {one.student: one for one in found.handed}
    marks = Counter(mark for one in found.handed for mark in one.marks)
    totals = {one.student: _weigh(one.prints, weights) for one in found.handed}
    least = LEAST_PRINTS * math.log2((len(people) + 1) / 2)
    pairs = []
    for left, right in _candidates(found.handed, weights):
        pair = _pair(people[left], people[right], weights, marks, totals)
        if pair.alike >= (LEAST if len(people) >= FEW else LEAST_OF_FEW) and pair.bits >= least:
            pairs.append(pair)
    pairs.sort(key=lambda pair: (-pair.rank, pair.left, pair.right))
    shown = pairs[:MOST_PAIRS]
    counts = _counts(found.handed)
    return Similar(
        assignment=assignment, compared=len(found.handed), skipped=found.skipped, groups=_groups(pairs),
        pairs=tuple(_with_cells(pair, people, weights, counts) for pair in shown),
    )  # fmt: skip


# ── weights ───────────────────────────────────────────────────────────────────────────────────────────────────


def _counts(handed: Iterable[HandIn]) -> Counter[int]:
    return Counter(one for hand_in in handed for one in hand_in.prints)


def _weights(found: Class) -> dict[int, float]:
    size = len(found.handed) + 1
    return {
        one: math.log2(size / count) * (ASKED_FOR if one in found.solved else 1.0)
        for one, count in _counts(found.handed).items()
    }


def _weigh(prints: Iterable[int], weights: Mapping[int, float]) -> float:
    return math.fsum(weights.get(one, 0.0) for one in prints)


# ── pairs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _candidates(handed: Collection[HandIn], weights: Mapping[int, float]) -> list[tuple[str, str]]:
    """The pairs with most rarity in common, found from an index of fingerprints, the rarest first."""
    index: dict[int, list[str]] = defaultdict(list)
    for one in handed:
        for fingerprint in one.prints:
            index[fingerprint].append(one.student)
    shared: Counter[tuple[str, str]] = Counter()
    looked = 0
    for fingerprint, students in sorted(index.items(), key=lambda entry: (len(entry[1]), entry[0])):
        looked += len(students) * (len(students) - 1) // 2
        if looked > LOOKS:
            break
        weight = weights[fingerprint]
        for number, left in enumerate(students):
            for right in students[number + 1 :]:
                shared[left, right] += weight  # type: ignore[assignment]
    best = sorted(shared.items(), key=lambda entry: (-entry[1], entry[0]))[:CANDIDATES]
    return [pair for pair, _ in best]


def _pair(
    left: HandIn, right: HandIn, weights: Mapping[int, float], marks: Mapping[str, int], totals: Mapping[str, float]
) -> Pair:
    bits = _weigh(left.prints & right.prints, weights)
    less = min(totals[left.student], totals[right.student])
    alike = min(1.0, bits / less) if less > 0 else 0.0
    both = sorted(mark for mark in left.marks & right.marks if marks[mark] <= RARE)
    return Pair(
        left=left.student, right=right.student, alike=alike, bits=bits, rare=0, marks=tuple(both[:8]), matches=()
    )


def _with_cells(
    pair: Pair, people: Mapping[str, HandIn], weights: Mapping[int, float], counts: Mapping[int, int]
) -> Pair:
    left, right = people[pair.left], people[pair.right]
    wholes = [{s.whole for cell in one.cells for s in cell.shape.statements} for one in (left, right)]
    both = wholes[0] & wholes[1] & left.prints
    return Pair(
        left=pair.left, right=pair.right, alike=pair.alike, bits=pair.bits, marks=pair.marks,
        rare=sum(counts[whole] <= RARE for whole in both), matches=_matches(left, right, weights),
    )  # fmt: skip


def _matches(left: HandIn, right: HandIn, weights: Mapping[int, float]) -> tuple[Match, ...]:
    """The cells that go together, best first, each cell once."""
    found = []
    for one in left.cells:
        for other in right.cells:
            bits = _weigh(one.prints & other.prints, weights)
            less = min(_weigh(one.prints, weights), _weigh(other.prints, weights))
            if bits > 0 and bits / less >= LEAST:
                found.append((bits, Match(left=one, right=other, alike=min(1.0, bits / less))))
    found.sort(key=lambda entry: (-entry[0], entry[1].left.name, entry[1].right.name))
    chosen: list[Match] = []
    for _, match in found:
        if all(match.left is not one.left and match.right is not one.right for one in chosen):
            chosen.append(match)
    return tuple(chosen[:MOST_CELLS])


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
