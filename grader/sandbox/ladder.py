"""Which sandbox there is here: the strongest rung that works, or the one that was asked for.

Invariant: without being told ``unsafe`` nobody's notebook ever runs without a wall.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.errors import LabError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.container import Docker
from grader.sandbox.local import Landlock, Unsafe
from grader.sandbox.rung import Rung

RUNGS: tuple[Rung, ...] = (Docker(), Bubblewrap(), Landlock())
"""Strongest first."""
NAMES = tuple(rung.name for rung in RUNGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A rung, and why it cannot be had here ("" where it can)."""

    rung: Rung
    lacking: str


def probed() -> list[Probed]:
    """Every rung with what speaks against it here."""
    return [Probed(rung=rung, lacking=rung.probe()) for rung in RUNGS]


def choose(required: str = "", *, exactly: str = "", unsafe: bool = False) -> Rung:
    """The strongest rung here that is at least ``required``; the unwalled one where there is none and ``unsafe``.

    ``exactly`` names the one rung to take. Errors: LabError with what each rung lacks.
    """
    for name in (required, exactly):
        if name and name not in NAMES:
            raise LabError(f"There is no sandbox '{name}'.", f"Use one of {', '.join(NAMES)}.")
    strong_enough = RUNGS[: NAMES.index(required) + 1] if required else RUNGS
    if exactly:
        strong_enough = tuple(rung for rung in strong_enough if rung.name == exactly)
    lacking = []
    for rung in strong_enough:
        why = rung.probe()
        if not why:
            return rung
        lacking.append(f"{rung.name}: {why}.")
    if unsafe and not required and not exactly:
        return Unsafe()
    wish = exactly or required
    raise LabError(
        f"No sandbox can be had here{f' that is as strong as {wish}' if wish else ''}. {' '.join(lacking)}",
        "Install Docker or bubblewrap, or say --unsafe for notebooks that you would run as your own.",
    )
