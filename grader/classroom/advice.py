"""What the figures of a class mean, in sentences that say what to do.

Not the figures (``statistics``) and not the page (``report``). Thresholds of discrimination after Ebel and Frisbie
(1991): from 0.4 on very good, below 0.2 poor. Invariants: every reproach comes with something to do about it, and is
made only where the class is large enough to be sure.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ecslab.checks.question import Outcome
from grader.classroom.statistics import FEW, ClassFigures, Item, Misconception, Standing

EASY, HARD = 0.95, 0.15
POOR, WEAK = 0.1, 0.2
HALF = 0.5
UNTRIED = 0.5
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word on a question, its tone in the house's colours, and a sentence with what to do ("" for a good one)."""

    word: str
    tone: str
    sentence: str = ""


def verdict(item: Item) -> Verdict:
    """What a question's figures mean."""
    if item.facility is None:
        return Verdict("unchecked", "busy", "It could not be checked for anybody: see the messages in the hand-ins.")
    if item.counted < FEW:
        return Verdict("too few", "idle")
    if item.facility >= EASY:
        return Verdict("easy", "idle", "Nearly all have it. Fine for a start; it does not tell who understands.")
    if item.facility <= HARD:
        return Verdict(
            "very hard", "bad",
            "Hardly anyone has it. Read three hand-ins: is the task clear, and was all it needs taught before? If not, "
            "teach it again or put a smaller step in front of it.",
        )  # fmt: skip
    if item.discrimination is None:
        return Verdict("undecided", "idle", "All did alike elsewhere, so nothing can be said.")
    if item.discrimination >= WEAK:
        return Verdict("tells well" if item.discrimination >= 2 * WEAK else "tells", "good")
    if item.discrimination + 1 / math.sqrt(item.counted - 3) >= WEAK:
        return Verdict("unsure", "idle")  # one standard error (Fisher) more would do
    if item.discrimination < -POOR:
        return Verdict(
            "misleading", "bad",
            "Who is good elsewhere does worse here. Read hand-ins of good students that lost points: a second right "
            "answer that the check refuses, or a sentence that misleads. If so, mend the check and regrade this "
            "question alone.",
        )  # fmt: skip
    if item.discrimination < POOR:
        return Verdict("does not tell", "bad", _guessed(item))
    return Verdict("tells little", "warn", _guessed(item))


def _guessed(item: Item) -> str:
    if set(item.outcomes) <= {"correct", "incorrect", "not_attempted", "uncheckable"}:
        return (
            "Right or wrong here says little about the rest: perhaps it can be guessed. Ask for a number or a reason "
            "instead of a choice, or count it for less."
        )
    return (
        "Points here say little about the rest. Look at its findings below: one that many lose for a slip, not for "
        "lack of understanding, weighs too much."
    )


# ── students ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Concern:
    """A student to turn to, and why, the weightiest first."""

    standing: Standing
    reasons: tuple[str, ...]


def concerns(found: ClassFigures) -> tuple[list[Concern], list[Concern]]:
    """(those whose hand-in was not gradable, those who need help): the first is about a file, the second about ECS."""
    shares = sorted(found.shares)
    quarter = shares[len(shares) // 4] if len(shares) >= 4 else 1.0
    talk = _to_talk_about(found.misconceptions)
    broken, struggling = [], []
    for one in found.standings:
        if not one.graded:
            broken.append(Concern(one, tuple([one.why, *one.notes][:3])))
        elif reasons := _struggles(one, quarter):
            struggling.append(Concern(one, (*reasons, *talk.get(one.student, ()))))
    struggling.sort(key=lambda concern: (concern.standing.share, concern.standing.student))
    return broken, struggling


def _to_talk_about(found: Sequence[Misconception]) -> dict[str, tuple[str, ...]]:
    """For each student the misconceptions to begin with: the rarer ones are theirs more than the class's."""
    texts: dict[str, list[str]] = {}
    for one in reversed(found):
        for student in one.students:
            texts.setdefault(student, []).append(one.text)
    return {student: (f"begin with: {' · '.join(said[:2])}",) for student, said in texts.items()}


def _struggles(one: Standing, quarter: float) -> list[str]:
    untried = sorted(number for number, outcome in one.outcomes.items() if outcome == Outcome.NOT_ATTEMPTED)
    low = one.share < HALF and one.share <= quarter
    left = bool(one.outcomes) and len(untried) >= max(2, UNTRIED * len(one.outcomes))
    if not low and not left:
        return []
    reasons = [f"{one.share:.0%} of the points"] if low else []
    if untried:
        reasons.append(f"not attempted: {', '.join(untried)}")
    if one.errors:
        cells = "a cell" if len(one.errors) == 1 else f"{len(one.errors)} cells"
        reasons.append(f"{cells} ended with an error, first {one.errors[0]}")
    return reasons


# ── in short ──────────────────────────────────────────────────────────────────────────────────────────────────


def in_short(found: ClassFigures) -> list[Verdict]:
    """The whole report in a few sentences, with their tones."""
    said = [Verdict("scores", "busy", _scores(found))]
    said += _hardest(found.items)
    said += [Verdict("misconception", "warn", _commonest(one)) for one in found.misconceptions[:1] if one.share >= 0.1]
    judged = [(item, verdict(item)) for item in found.items]
    bad = [(item, v) for item, v in judged if v.tone == "bad"]
    said += [
        Verdict(v.word, "bad", f"Question {item.question} ({item.title}). {v.sentence}") for item, v in bad[:MOST_NAMED]
    ]
    broken, struggling = concerns(found)
    if struggling:
        who = ", ".join(concern.standing.name for concern in struggling[:MOST_NAMED])
        rest = f" and {len(struggling) - MOST_NAMED} more" if len(struggling) > MOST_NAMED else ""
        said.append(Verdict("help", "warn", f"Talk with {who}{rest}: they are far behind."))
    if broken:
        said.append(
            Verdict(
                "broken",
                "bad",
                f"{_count(len(broken), 'hand-in')} could not be graded; it is about the file, "
                "not about what they know. The reasons are below.",
            )
        )
    pending = sum(one.pending for one in found.standings)
    if pending:
        said.append(Verdict("pending", "idle", f"{_count(pending, 'hand-in')} still wait for points given by hand."))
    return said


def _scores(found: ClassFigures) -> str:
    shares = found.shares
    if not shares:
        return "There are no scores yet."
    full = sum(share >= 1 - 1e-9 for share in shares)
    middle = statistics.median(shares) * found.points
    return (
        f"{_count(len(shares), 'hand-in')}; half of them have {middle:.3g} of {found.points:g} points or more, "
        f"{full or 'nobody'} {'has' if full <= 1 else 'have'} all of them."
    )


def _hardest(items: Sequence[Item]) -> list[Verdict]:
    known = [item for item in items if item.facility is not None]
    if len(known) < 2:
        return []
    hardest = min(known, key=lambda item: (item.facility or 0.0, item.question))
    said = f"Hardest was {hardest.question} ({hardest.title}): {hardest.facility:.0%} of its points on average."
    return [Verdict("hardest", "busy", said)]


def _commonest(one: Misconception) -> str:
    advice = f" Tell the class: {one.advice}" if one.advice else ""
    return f"{_count(len(one.students), 'student')} ({one.share:.0%}) got the same wrong: {one.text}{advice}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
