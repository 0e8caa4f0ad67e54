"""Who calls: an access key and its session token, looked up in moto's IAM and in the sessions of the lab.

It knows nobody's policies (``documents`` reads those). Invariant: a key with a token is a session or nobody; only a
key that IAM does not know, without a token, is the account's root, as the lab's own throw-away key is.

Source of the codes: IAM User Guide, "Troubleshoot AWS STS", and each service's Common Errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ecslab.aws.iam import store
from ecslab.errors import ApiError
from ecslab.model.arn import Place
from ecslab.timeline import iso

if TYPE_CHECKING:
    from ecslab.policy import Document

OWN_KEY = "test"
"""The lab's own access key: the root of its account, with any secret and any token."""


class Kind(StrEnum):
    """What kind of principal calls."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role session"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A principal. ``arn`` is the one of AWS's messages, ``role_arn`` the role behind a session ("" for others).

    ``is_task``: a service (ECS for a task, EC2 for an instance) assumed the role, or such a session did; its calls
    are decided always. ``session`` None means that no session policy was passed; times are lab seconds.
    """

    arn: str
    kind: Kind
    account: str
    name: str = ""
    role_arn: str = ""
    user_id: str = ""
    secret: str = field(default="", repr=False)
    session_name: str = ""
    issued_at: float | None = None
    is_task: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    session: tuple[Document, ...] | None = None


class InvalidToken(ApiError):
    """The access key or its token is not one of this account."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class ExpiredToken(ApiError):
    """The session is over."""

    def __init__(self, expired_at: float, now: float) -> None:
        super().__init__(
            f"The security token included in the request is expired: it was good until {iso(expired_at)} and the lab's "
            f"clock shows {iso(now)}."
        )


def root(place: Place) -> Caller:
    """The account's own root, which no policy binds."""
    return Caller(
        arn=f"arn:aws:iam::{place.account}:root", kind=Kind.ROOT, account=place.account, user_id=place.account
    )


def anonymous(place: Place) -> Caller:
    """Somebody who signed nothing."""
    return Caller(arn="*", kind=Kind.ANONYMOUS, account="", user_id="anonymous")


def of_access_key(place: Place, key_id: str, token: str, now: float) -> Caller:
    """The caller behind an access key and its session token ("" for none). InvalidToken, ExpiredToken."""
    if key_id == OWN_KEY:
        return root(place)
    session = _session(place, key_id)
    if session is not None:
        if token != session.session_token:
            raise InvalidToken
        if now >= session.lab_expires_at:
            raise ExpiredToken(session.lab_expires_at, now)
        return of_session(place, session)
    key = store.iam(place).access_keys.get(key_id)
    if token or (key is not None and (key.user_name is None or key.status != "Active")):
        raise InvalidToken
    return root(place) if key is None else _of_user_key(place, key)


def of_user(place: Place, name_or_arn: str) -> Caller | None:
    """The IAM user of that name or ARN; None where there is none."""
    user = store.user(place, name_or_arn)
    if user is None:
        return None
    return Caller(
        arn=user.arn,
        kind=Kind.USER,
        account=place.account,
        name=user.name,
        user_id=user.id,
        tags={tag["Key"]: tag["Value"] for tag in user.tags or ()},
    )


def of_role(place: Place, name_or_arn: str, session_name: str) -> Caller | None:
    """A session that would be of that role, without credentials; None where there is no such role."""
    role = store.role(place, name_or_arn)
    if role is None:
        return None
    return Caller(
        arn=session_arn(place, role, session_name),
        kind=Kind.ROLE_SESSION,
        account=place.account,
        name=role.name,
        role_arn=role.arn,
        user_id=f"{role.id}:{session_name}",
        session_name=session_name,
        tags={tag["Key"]: tag["Value"] for tag in role.tags or ()},
    )


def session_arn(place: Place, role: Any, session_name: str) -> str:
    """The ARN of a role's session, as GetCallerIdentity shows it."""
    return f"arn:aws:sts::{place.account}:assumed-role/{role.name}/{session_name}"


def of_session(place: Place, session: Any) -> Caller:
    """The caller of a session that ``sessions`` registered; its role may be gone meanwhile."""
    role = store.role(place, session.role_arn)
    role_tags = {tag["Key"]: tag["Value"] for tag in (role.tags if role is not None else ()) or ()}
    return Caller(
        arn=session.arn,
        kind=Kind.ROLE_SESSION,
        account=place.account,
        name=session.role_arn.rsplit("/", 1)[-1],
        role_arn=session.role_arn,
        user_id=session.user_id,
        secret=session.secret_access_key,
        session_name=session.session_name,
        issued_at=session.lab_issued_at,
        is_task=session.lab_is_task,
        tags={**role_tags, **session.lab_tags},
        session=session.lab_policies,
    )


def _session(place: Place, key_id: str) -> Any | None:
    found = store.sts(place).get_assumed_role_from_access_key(key_id)
    return found if hasattr(found, "lab_expires_at") else None


def _of_user_key(place: Place, key: Any) -> Caller:
    caller = of_user(place, key.user_name)
    if caller is None:
        raise InvalidToken
    return replace(caller, secret=key.secret_access_key)
