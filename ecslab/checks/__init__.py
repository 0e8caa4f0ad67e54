"""Questions answered by looking at the world: what a lab's ``checks.py`` imports.

Not the client a notebook uses and not the server: a check sees the account over the AWS API, the journal and
the lab's own HTTP API, all through a ``World``. Invariant: nothing here can make a lab server fail; whatever
a check does ends as a ``Report``.
"""

from ecslab.checks.finding import Finding, NotAttempted, Uncheckable, failed, passed
from ecslab.checks.question import Outcome, Question, Report
from ecslab.checks.world import World

__all__ = [
    "Finding",
    "NotAttempted",
    "Outcome",
    "Question",
    "Report",
    "Uncheckable",
    "World",
    "failed",
    "passed",
]
