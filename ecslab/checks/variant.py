"""Variants: the numbers and names of a question that differ from learner to learner, worked out from who they are.

No state and no secret: the same learner gets the same variant at home and in the grader, and neighbours get others.
Invariant: a variant is JSON, and depends on nothing but the question, its recipe and the learner's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Recipe = Callable[[Random], Mapping[str, Any]]
NOBODY = "learner"
"""Who asks, where nobody says who."""


def seed_of(student: str, question: str = "") -> int:
    """The seed of a learner's variant of a question."""
    return int.from_bytes(hashlib.sha256(f"{student}\0{question}".encode()).digest()[:8], "big")


def variant_of(recipe: Recipe | None, student: str, question: str) -> dict[str, Any]:
    """What the recipe gives for this learner; nothing where the question has none."""
    return {} if recipe is None else dict(recipe(Random(seed_of(student, question))))
