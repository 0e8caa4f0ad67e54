"""Decisions: an explicit deny anywhere ends it; then resource policy, boundary, session policy and identity policies.

Every statement is looked at and says why it did or did not apply: that is what a learner is shown. Invariants: nothing
is allowed that no statement allows; a Deny that applies always wins; the order of statements does not matter to the
outcome. Source: IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ecslab.policy.conditions import holds, told
from ecslab.policy.documents import Document, Effect, Statement
from ecslab.policy.patterns import Context, covers, like


class Reason(StrEnum):
    """Why a decision came out as it did."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    NO_IDENTITY_ALLOW = "no identity-based policy allows it"
    BOUNDARY = "no permissions boundary allows it"
    SESSION = "no session policy allows it"
    TRUST = "the trust policy does not allow it"
    NO_RESOURCE_ALLOW = "no resource-based policy allows it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """May ``principal`` (ARN) do ``action`` on ``resource`` (ARN or ``*``)? ``context`` are condition keys."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as Principal elements name it; ``kind`` is AWS, Service or Federated."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One statement that was looked at. ``passed`` counts the elements that fitted before one did not."""

    document: Document
    statement: Statement
    applied: bool
    why: str
    passed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome; ``statement`` and ``document`` are who decided, None where nothing did."""

    allowed: bool
    reason: Reason
    statement: Statement | None = None
    document: Document | None = None
    considered: tuple[Looked, ...] = ()

    @property
    def outcome(self) -> str:
        """AWS's EvalDecision: allowed, explicitDeny or implicitDeny."""
        if self.allowed:
            return "allowed"
        return "explicitDeny" if self.reason is Reason.EXPLICIT_DENY else "implicitDeny"


def decide(
    ask: Ask,
    *,
    identity: Sequence[Document],
    boundary: Sequence[Document] | None = None,
    session: Sequence[Document] | None = None,
    resource: Sequence[Document] = (),
    same_account: bool = True,
) -> Decision:
    """Whether the request is allowed. ``boundary`` and ``session`` None: there is none; empty: it allows nothing."""
    by_identity = _look(ask, identity)
    by_boundary = _look(ask, boundary or ())
    by_session = _look(ask, session or ())
    by_resource = _look(ask, resource, principal=Principal(kind="AWS", name=ask.principal))
    considered = (*by_identity, *by_boundary, *by_session, *by_resource)
    denied = _first(considered, Effect.DENY)
    if denied is not None:
        return _decided(False, Reason.EXPLICIT_DENY, denied, considered)
    granted = _first(by_resource, Effect.ALLOW)
    if granted is not None and same_account and _names(granted, ask.principal):
        return _decided(True, Reason.ALLOWED, granted, considered)
    if boundary is not None and _first(by_boundary, Effect.ALLOW) is None:
        return _decided(False, Reason.BOUNDARY, None, considered)
    if session is not None and _first(by_session, Effect.ALLOW) is None:
        return _decided(False, Reason.SESSION, None, considered)
    own = _first(by_identity, Effect.ALLOW) or (granted if same_account else None)
    if own is None:
        return _decided(False, Reason.NO_IDENTITY_ALLOW, None, considered)
    if not same_account and granted is None:
        return _decided(False, Reason.NO_RESOURCE_ALLOW, None, considered)
    return _decided(True, Reason.ALLOWED, own, considered)


def decide_trust(ask: Ask, trust: Document, principal: Principal) -> Decision:
    """Whether a role's trust policy lets ``principal`` assume it."""
    considered = _look(ask, (trust,), principal=principal)
    denied = _first(considered, Effect.DENY)
    if denied is not None:
        return _decided(False, Reason.EXPLICIT_DENY, denied, considered)
    allowed = _first(considered, Effect.ALLOW)
    return _decided(allowed is not None, Reason.ALLOWED if allowed else Reason.TRUST, allowed, considered)


def _decided(allowed: bool, reason: Reason, by: Looked | None, considered: tuple[Looked, ...]) -> Decision:
    return Decision(
        allowed=allowed,
        reason=reason,
        statement=by.statement if by else None,
        document=by.document if by else None,
        considered=considered,
    )


def _first(looked: Iterable[Looked], effect: Effect) -> Looked | None:
    return next((one for one in looked if one.applied and one.statement.effect is effect), None)


def _names(looked: Looked, principal: str) -> bool:
    """Whether a resource policy grants to this very session or user: then no boundary or session policy is asked."""
    return principal in looked.statement.principals.get("AWS", ())


def _look(ask: Ask, documents: Sequence[Document], principal: Principal | None = None) -> tuple[Looked, ...]:
    return tuple(
        _look_at(ask, document, statement, principal) for document in documents for statement in document.statements
    )


def _look_at(ask: Ask, document: Document, statement: Statement, principal: Principal | None) -> Looked:
    variables = ask.context if document.has_variables else None
    elements = (
        _action_misses(ask, statement),
        _principal_misses(ask, statement, principal),
        _resource_misses(ask, statement, variables),
        _condition_misses(ask, statement, variables is not None),
    )
    passed = next((at for at, miss in enumerate(elements) if miss), len(elements))
    why = next((miss for miss in elements if miss), "it applies")
    return Looked(document=document, statement=statement, applied=passed == len(elements), why=why, passed=passed)


def _action_misses(ask: Ask, statement: Statement) -> str:
    if statement.not_actions:
        excluded = next((a for a in statement.not_actions if like(a, ask.action, loose=True)), None)
        return f"NotAction {excluded} leaves {ask.action} out" if excluded else ""
    if any(like(action, ask.action, loose=True) for action in statement.actions):
        return ""
    return f"Action {_listed(statement.actions)} does not cover {ask.action}"


def _principal_misses(ask: Ask, statement: Statement, principal: Principal | None) -> str:
    if principal is None or not (statement.principals or statement.not_principals):
        return ""
    if statement.not_principals:
        return f"NotPrincipal leaves {principal.name} out" if _is_in(principal, statement.not_principals) else ""
    if _is_in(principal, statement.principals):
        return ""
    named = ", ".join(f"{kind} {name}" for kind, names in statement.principals.items() for name in names)
    return f"Principal is {named}, not {principal.name}"


def _is_in(principal: Principal, named: Mapping[str, tuple[str, ...]]) -> bool:
    if "*" in named.get("AWS", ()) and principal.kind == "AWS":
        return True
    names = named.get(principal.kind, ())
    return any(name == "*" or name == principal.name or _is_account(name, principal) for name in names)


def _is_account(name: str, principal: Principal) -> bool:
    """An account's id or root stands for everybody in it; a role's ARN for its sessions."""
    if principal.kind != "AWS":
        return False
    parts = principal.name.split(":", 5)
    if len(parts) < 6:
        return False
    account, rest = parts[4], parts[5]
    if name in (account, f"arn:aws:iam::{account}:root"):
        return True
    role = rest.split("/")[1] if rest.startswith("assumed-role/") else ""
    return bool(role) and name.startswith(f"arn:aws:iam::{account}:role/") and name.rsplit("/", 1)[-1] == role


def _resource_misses(ask: Ask, statement: Statement, variables: Context | None) -> str:
    if statement.not_resources:
        excluded = next((r for r in statement.not_resources if covers(r, ask.resource, variables)), None)
        return f"NotResource {excluded} leaves {ask.resource} out" if excluded else ""
    if not statement.resources or any(covers(r, ask.resource, variables) for r in statement.resources):
        return ""
    return f"Resource {_listed(statement.resources)} does not cover {ask.resource}"


def _condition_misses(ask: Ask, statement: Statement, variables: bool) -> str:
    missed = [c for c in statement.conditions if not holds(c, ask.context, variables=variables)]
    return told(missed[0], ask.context) if missed else ""


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
