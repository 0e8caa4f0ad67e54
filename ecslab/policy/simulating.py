"""What SimulatePrincipalPolicy and SimulateCustomPolicy tell beside the decision. Pure.

It decides nothing anew. Invariant: a statement is told as matched only where it applied and has the effect of the
outcome. Source: IAM API Reference, EvaluationResult (MatchedStatements, MissingContextValues).
"""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.policy.deciding import Decision, Reason
from ecslab.policy.documents import Document, Effect, Statement
from ecslab.policy.looking import Ask, Looked
from ecslab.policy.patterns import value_of, variables_of


def matched(decision: Decision) -> tuple[Looked, ...]:
    """The statements that made the outcome: all applying denies, or all applying allows; the deciding one first.

    Each has its document's name and its statement's ``start`` and ``end``. Empty for an implicit deny.
    """
    if not decision.allowed and decision.reason is not Reason.EXPLICIT_DENY:
        return ()
    effect = Effect.ALLOW if decision.allowed else Effect.DENY
    found = [one for one in decision.considered if one.applied and one.statement.effect is effect]
    return tuple(sorted(found, key=lambda one: one.statement is not decision.statement))


def condition_keys(documents: Iterable[Document]) -> tuple[str, ...]:
    """The condition keys that policies ask for, in their conditions and as variables, each once, as first written."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for key in _keys(statement, variables=document.has_variables):
                found.setdefault(key.lower(), key)
    return tuple(found.values())


def missing_keys(ask: Ask, documents: Iterable[Document]) -> tuple[str, ...]:
    """MissingContextValues: the condition keys that policies ask for and the request does not have."""
    return tuple(key for key in condition_keys(documents) if value_of(ask.context, key) is None)


def _keys(statement: Statement, *, variables: bool) -> Iterable[str]:
    yield from (condition.key for condition in statement.conditions)
    if variables:
        texts = [value for condition in statement.conditions for value in condition.values]
        for text in (*statement.resources, *statement.not_resources, *texts):
            yield from variables_of(text)
