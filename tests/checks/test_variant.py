"""Claims about variants: each learner has their own, the same one everywhere, and a check sees it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as some

from ecslab.checks.registry import Registry
from ecslab.checks.variant import seed_of, variant_of

CHECKS = """
from ecslab.checks import Question, failed, passed

def right(world):
    yield passed("Yes.") if world.answer() == world.variant["size"] * 2 else failed("No.")

def size(random):
    return {"size": random.randint(1, 10**9)}

QUESTIONS = (
    Question(number="7.1", title="Twice", points=1, check=right, answer=True, variant=size),
    Question(number="7.2", title="For all", points=1, check=right, answer=True),
)
"""


@given(some.text(max_size=20), some.text(max_size=5))
def test_the_same_learner_gets_the_same_variant(student: str, question: str) -> None:
    def recipe(random: Random) -> dict[str, int]:
        return {"n": random.randint(0, 10**9)}

    assert variant_of(recipe, student, question) == variant_of(recipe, student, question)


def test_learners_and_questions_have_seeds_of_their_own() -> None:
    seeds = {seed_of(student, question) for student in ("ada", "bob", "") for question in ("7.1", "7.2", "")}
    assert len(seeds) == 9


def test_a_question_has_a_variant_only_where_it_says_how(tmp_path: Path) -> None:
    folder = tmp_path / "07-variants"
    folder.mkdir()
    (folder / "checks.py").write_text(CHECKS)
    registry = Registry(tmp_path)
    assert registry.variant("7.1", "ada") != registry.variant("7.1", "bob")
    assert registry.variant("7.2", "ada") == {}
