"""What requests have asked for that is only pretended here, or rests on the runtime: kept for ``lab.pretended()``.

It judges nothing (``coverage`` does). Invariant: one entry for each operation and part of a request, with the latest
value and how often it was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecslab.aws.ecs.base import Verbs
from ecslab.aws.ecs.coverage import Asked

MOST_SHOWN = 200
"""Characters of a value that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A part of a request, the latest value asked for, how often, and when first (lab seconds)."""

    operation: str
    path: str
    value: str
    times: int
    first_at: float


class RememberingVerbs(Verbs):
    """The memory."""

    asked_for: dict[tuple[str, str], Remembered]

    def remember_asked(self, parts: Iterable[Asked]) -> None:
        """Keep what a request that was carried out has asked for."""
        for part in parts:
            key = (part.operation, part.path)
            shown = part.value if isinstance(part.value, str) else json.dumps(part.value, default=str)
            known = self.asked_for.get(key) or Remembered(
                operation=part.operation, path=part.path, value="", times=0, first_at=self.context.now()
            )
            self.asked_for[key] = replace(known, value=shown[:MOST_SHOWN], times=known.times + 1)
