"""Sessions: temporary credentials of a role, kept among moto's so that GetCallerIdentity knows them.

A session ends by lab time. It holds no permission of its own: what it may do is read from its role at each call.
Invariant: every session was made by ``register``, which stamps it with lab time.

Source: STS API Reference, AssumeRole (duration, session policies, session tags); Amazon ECS Developer Guide, "Amazon
ECS task IAM role" (aws:SourceArn and aws:SourceAccount in the trust policy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.aws.iam import store
from ecslab.errors import AccessDeniedException
from ecslab.model.arn import Place
from ecslab.policy import Ask, Decision, Document, Kind, Principal, decide_trust, denial_message, explain, parse

ECS_TASKS = "ecs-tasks.amazonaws.com"
KEPT_EXPIRED = 24 * 3600.0
"""Lab seconds for which a session that is over is remembered, to be told apart from one that never was."""


class AccessDenied(AccessDeniedException):
    """A role could not be assumed. ``decision`` says why; None where there is no such role."""

    def __init__(self, message: str, decision: Decision | None, sentences: tuple[str, ...] = ()) -> None:
        self.decision = decision
        self.sentences = sentences
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """Temporary credentials of a role; ``expires_at`` is in lab seconds."""

    role_arn: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of STS: a session of this length (seconds), with these limits."""

    session_name: str
    duration: int = 3600
    policies: tuple[Document, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    is_task: bool = False


def assume_as_service(
    place: Place,
    context: LabContext,
    *,
    role_arn: str,
    session_name: str,
    service: str = ECS_TASKS,
    source_arn: str = "",
    source_account: str = "",
    duration: int = 3600,
) -> RoleSession:
    """Assume a role as an AWS service does, for a task or an instance. AccessDenied by the role's trust policy."""
    role = trusting(
        place, context, role_arn=role_arn, service=service, source_arn=source_arn, source_account=source_account
    )
    wish = Wish(session_name=session_name, duration=duration, is_task=True)
    return as_role_session(register(place, role, wish, now=context.now()))


def trusting(
    place: Place,
    context: LabContext,
    *,
    role_arn: str,
    service: str = ECS_TASKS,
    source_arn: str = "",
    source_account: str = "",
) -> Any:
    """moto's role, if its trust policy lets the service assume it. AccessDenied where it does not, or is not there."""
    role = store.role(place, role_arn)
    ask = Ask(
        principal=service,
        action="sts:AssumeRole",
        resource=role_arn,
        context=_source(context, source_arn, source_account or place.account),
    )
    if role is None:
        raise AccessDenied(f"There is no role {role_arn}.", None, (f"The role {role_arn} does not exist.",))
    decision = decide_trust(ask, trust_policy(role), Principal(kind="Service", name=service))
    if not decision.allowed:
        raise AccessDenied(denial_message(decision, ask), decision, explain(decision, ask))
    return role


def _source(context: LabContext, arn: str, account: str) -> dict[str, tuple[str, ...]]:
    from ecslab.aws.iam.keys import times

    given = {"aws:SourceAccount": (account,), **times(context.now())}
    return {**given, "aws:SourceArn": (arn,)} if arn else given


def trust_policy(role: Any) -> Document:
    """The role's trust policy. MalformedPolicyDocument where moto was given nonsense."""
    return parse(role.assume_role_policy_document, name=f"trust policy of role {role.name}", kind=Kind.TRUST)


def register(place: Place, role: Any, wish: Wish, *, now: float) -> Any:
    """Make a session of a role (moto's object) and keep it among moto's sessions; nobody is asked."""
    from moto.sts.models import AssumedRole

    backend = store.sts(place)
    _forget_old(place, now)
    key = store.iam(place).create_temp_access_key()
    key.role_arn = role.arn
    session = AssumedRole(
        account_id=place.account,
        region_name=place.region,
        access_key=key,
        role_session_name=wish.session_name,
        role_arn=role.arn,
        policy="",
        duration=wish.duration,
        external_id="",
    )
    session.lab_issued_at, session.lab_expires_at = now, now + wish.duration
    session.lab_is_task, session.lab_policies, session.lab_tags = wish.is_task, wish.policies, dict(wish.tags)
    session.expiration = datetime.fromtimestamp(session.lab_expires_at, UTC).replace(tzinfo=None)
    backend.assumed_roles.append(session)
    return session


def as_role_session(session: Any) -> RoleSession:
    """The credentials of a session that ``register`` made."""
    return RoleSession(
        role_arn=session.role_arn,
        access_key_id=session.access_key_id,
        secret_access_key=session.secret_access_key,
        token=session.session_token,
        expires_at=session.lab_expires_at,
    )


def _forget_old(place: Place, now: float) -> None:
    backend, keys = store.sts(place), store.iam(place).access_keys
    old = [s for s in backend.assumed_roles if getattr(s, "lab_expires_at", now) < now - KEPT_EXPIRED]
    for session in old:
        backend.assumed_roles.remove(session)
        keys.pop(session.access_key_id, None)
