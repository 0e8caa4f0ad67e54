"""What a check found: one sentence that passed or failed, and how much it weighs.

Not a verdict on the whole question (that is ``question.Report``). Invariant: a finding's text is a sentence
for the learner about what was seen, never the code of the check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the check looked at.

    ``text`` says what was seen, ``advice`` what to try, ``code`` names the misconception behind a failure
    ("T31" of the traps), ``weight`` is its share of the points relative to the other findings.
    """

    passed: bool
    text: str
    weight: float = 1
    code: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"A finding cannot weigh {self.weight}: use 0 or more.")

    def to_json(self) -> dict[str, Any]:
        """The finding as the lab's HTTP API sends it."""
        return {"passed": self.passed, "text": self.text, "advice": self.advice, "code": self.code}


def passed(text: str, weight: float = 1) -> Finding:
    """A finding that is as it should be."""
    return Finding(True, text, weight)


def failed(text: str, advice: str = "", code: str = "", weight: float = 1) -> Finding:
    """A finding that is not as it should be, with what to try and the misconception it shows."""
    return Finding(False, text, weight, code, advice)


class NotAttempted(Exception):
    """Raised by a check when the learner has not begun; its text says what to do first."""


class Uncheckable(Exception):
    """Raised by a check that cannot look (no engine, no answer from the server); says why and what to try."""
