"""Looking at statements: does one apply to a request, and if not, which of its elements does not fit. Pure.

It weighs nothing: a Deny and an Allow are looked at alike. Invariant: ``applied`` is true exactly when every element
fits; else ``why`` names the first that does not, in the order action, principal, resource, conditions. Source: IAM User
Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ecslab.policy.conditions import holds, told
from ecslab.policy.documents import Document, Statement
from ecslab.policy.patterns import Context, covers, like, without_value
from ecslab.policy.principals import Naming, Principal, naming

_SHOWN = 3


class Part(StrEnum):
    """What a document is in a decision, in AWS's words."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """May ``principal`` (ARN) do ``action`` on ``resource`` (ARN or ``*``)? ``context`` are condition keys."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One statement that was looked at. ``passed`` counts the elements that fitted before one did not (4: all).

    ``naming``: how its Principal element names who asks; NOT where it has none.
    """

    document: Document
    statement: Statement
    applied: bool
    why: str
    passed: int = 0
    part: Part = Part.IDENTITY
    naming: Naming = Naming.NOT


def look(ask: Ask, documents: Sequence[Document], part: Part, principal: Principal | None = None) -> tuple[Looked, ...]:
    """Every statement of the documents, looked at. ``principal`` None: Principal elements are not asked."""
    return tuple(
        _look_at(ask, (document, statement), part, principal)
        for document in documents
        for statement in document.statements
    )


def _look_at(ask: Ask, at: tuple[Document, Statement], part: Part, principal: Principal | None) -> Looked:
    document, statement = at
    variables = ask.context if document.has_variables else None
    named = _named(statement, principal)
    elements = (
        _action_misses(ask, statement),
        _principal_misses(statement, principal, named),
        _resource_misses(ask, statement, variables),
        _condition_misses(ask, statement, variables is not None),
    )
    passed = next((place for place, miss in enumerate(elements) if miss), len(elements))
    applied = passed == len(elements)
    return Looked(
        document=document,
        statement=statement,
        applied=applied,
        why="it applies" if applied else elements[passed],
        passed=passed,
        part=part,
        naming=named,
    )


def _action_misses(ask: Ask, statement: Statement) -> str:
    if statement.not_actions:
        excluded = next((a for a in statement.not_actions if like(a, ask.action, loose=True)), None)
        return f"NotAction {excluded} leaves {ask.action} out" if excluded else ""
    if any(like(action, ask.action, loose=True) for action in statement.actions):
        return ""
    return f"Action {_listed(statement.actions)} does not cover {ask.action}"


def _named(statement: Statement, principal: Principal | None) -> Naming:
    if principal is None:
        return Naming.NOT
    if statement.not_principals:
        return Naming.NOT if naming(principal, statement.not_principals) else Naming.ITSELF
    return naming(principal, statement.principals)


def _principal_misses(statement: Statement, principal: Principal | None, named: Naming) -> str:
    if principal is None or named is not Naming.NOT:
        return ""
    if statement.not_principals:
        return f"NotPrincipal leaves {principal.name} out"
    listed = [f"{kind} {name}" for kind, names in statement.principals.items() for name in names]
    return f"Principal is {_listed(listed) or 'nobody'}, not {principal.name}"


def _resource_misses(ask: Ask, statement: Statement, variables: Context | None) -> str:
    if not statement.resources and not statement.not_resources:
        return ""
    element, patterns = ("Resource", statement.resources)
    if statement.not_resources:
        element, patterns = ("NotResource", statement.not_resources)
    answers = {pattern: covers(pattern, ask.resource, variables) for pattern in patterns}
    covering = next((pattern for pattern, answer in answers.items() if answer), None)
    if statement.not_resources:
        if covering is not None:
            return f"NotResource {covering} leaves {ask.resource} out"
        return _no_value(element, patterns, variables) if None in answers.values() else ""
    if covering is not None:
        return ""
    if all(answer is None for answer in answers.values()):
        return _no_value(element, patterns, variables)
    return f"Resource {_listed(patterns)} does not cover {ask.resource}"


def _no_value(element: str, patterns: Sequence[str], variables: Context | None) -> str:
    lacking = dict.fromkeys(one for pattern in patterns for one in without_value(pattern, variables))
    return f"{element} {_listed(patterns)} matches nothing: the request has no value for {', '.join(lacking)}"


def _condition_misses(ask: Ask, statement: Statement, variables: bool) -> str:
    missed = [c for c in statement.conditions if not holds(c, ask.context, variables=variables)]
    return "; ".join(told(one, ask.context, variables=variables) for one in missed)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:_SHOWN]) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
