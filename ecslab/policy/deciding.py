"""Decisions: an explicit deny anywhere ends it; then resource, identity, boundary and session policies must agree.

Every statement is looked at and says why it did or did not apply: that is what a learner is shown. Invariants: nothing
is allowed that no statement allows; a Deny that applies always wins; the order of statements does not matter to the
outcome. It knows no service control policies. Source: IAM User Guide, "Policy evaluation logic", "Permissions
boundaries for IAM entities" (what a resource policy grants past a boundary).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ecslab.policy.documents import Document, Effect, Statement
from ecslab.policy.looking import Ask, Looked, Part, look
from ecslab.policy.principals import Naming, Principal


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
class Decision:
    """The outcome; ``statement``, ``document`` and ``part`` are who decided, None where nothing did."""

    allowed: bool
    reason: Reason
    statement: Statement | None = None
    document: Document | None = None
    considered: tuple[Looked, ...] = ()
    part: Part | None = None

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
    """Whether the request is allowed. ``boundary`` and ``session`` None: there is none; empty: it allows nothing.

    In one account a resource policy that names a user or a session itself (or everybody) allows past boundary and
    session policy; one that names the role counts as an identity policy of it; one that names only the account leaves
    it to the identity policies. Across accounts both sides must allow.
    """
    considered = (
        *look(ask, identity, Part.IDENTITY),
        *look(ask, boundary or (), Part.BOUNDARY),
        *look(ask, session or (), Part.SESSION),
        *look(ask, resource, Part.RESOURCE, Principal.of(ask.principal)),
    )
    denied = _first(considered, Effect.DENY)
    if denied is not None:
        return _decided(Reason.EXPLICIT_DENY, denied, considered)
    granted = _closest(considered)
    own = _first(considered, Effect.ALLOW, Part.IDENTITY)
    if same_account and granted is not None and granted.naming is Naming.ITSELF:
        return _decided(Reason.ALLOWED, granted, considered)
    if own is None and same_account and granted is not None and granted.naming is Naming.ROLE:
        own = granted
    limits = ((boundary, Part.BOUNDARY, Reason.BOUNDARY), (session, Part.SESSION, Reason.SESSION))
    lacking = [why for given, part, why in limits if given is not None and not _first(considered, Effect.ALLOW, part)]
    if own is None:
        return _decided(Reason.NO_IDENTITY_ALLOW, None, considered)
    if lacking:
        return _decided(lacking[0], None, considered)
    if not same_account and granted is None:
        return _decided(Reason.NO_RESOURCE_ALLOW, None, considered)
    return _decided(Reason.ALLOWED, own, considered)


def decide_trust(ask: Ask, trust: Document, principal: Principal) -> Decision:
    """Whether a role's trust policy lets ``principal`` assume it. What else the caller needs is not asked here."""
    considered = look(ask, (trust,), Part.TRUST, principal)
    denied = _first(considered, Effect.DENY)
    if denied is not None:
        return _decided(Reason.EXPLICIT_DENY, denied, considered)
    allowed = _closest(considered)
    return _decided(Reason.ALLOWED if allowed else Reason.TRUST, allowed, considered)


def _decided(reason: Reason, by: Looked | None, considered: tuple[Looked, ...]) -> Decision:
    return Decision(
        allowed=reason is Reason.ALLOWED,
        reason=reason,
        statement=by.statement if by else None,
        document=by.document if by else None,
        considered=considered,
        part=by.part if by else None,
    )


def _first(looked: Iterable[Looked], effect: Effect, part: Part | None = None) -> Looked | None:
    """The first statement of that effect that applies, in any part of the decision or in one."""
    applied = (one for one in looked if one.applied and one.statement.effect is effect)
    return next((one for one in applied if part is None or one.part is part), None)


def _closest(looked: Iterable[Looked]) -> Looked | None:
    """The Allow of a resource or trust policy that names who asks most closely."""
    allows = [one for one in looked if one.applied and one.naming and one.statement.effect is Effect.ALLOW]
    return max(allows, key=lambda one: one.naming, default=None)
