"""What validation found wrong with a task definition: one fault, worded as AWS words it, with what to try.

Not an exception and not a decision: ``validate`` turns the first error into an ApiError, a view or a check may
show them all. Invariant: a WARNING never refuses a definition; it marks what AWS accepts, or what its own
sources disagree about.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR: AWS refuses the definition. WARNING: it registers, but probably not as meant."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    ``field`` is the path in the request (``containerDefinitions[0].image``), ``message`` AWS's text, ``advice``
    one sentence on what to try, ``exception`` the AWS error code. ``rule`` and ``source`` (where the behaviour
    is documented or was seen) come from the table of rules.
    """

    field: str
    message: str
    advice: str
    severity: Severity = Severity.ERROR
    exception: str = "ClientException"
    rule: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """AWS's text and the advice, as the message of the API error."""
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{stop} {self.advice}"
