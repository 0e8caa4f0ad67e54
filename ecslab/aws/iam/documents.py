"""The policies that bear on a caller, read from moto's IAM at each call and parsed once for each text.

A document that does not parse grants nothing. Invariant: a managed policy speaks by its default version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ecslab.aws.iam import store
from ecslab.aws.iam.principals import Caller, Kind
from ecslab.errors import ApiError
from ecslab.model.arn import Place
from ecslab.policy import Document, parse
from ecslab.policy import Kind as PolicyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What ``decide`` wants to know of a caller; ``boundary`` and ``session`` are None where there is none."""

    identity: tuple[Document, ...]
    boundary: tuple[Document, ...] | None = None
    session: tuple[Document, ...] | None = None


def of(place: Place, caller: Caller) -> Papers:
    """The papers of a user or a role's session; a principal that is gone has none."""
    if caller.kind is Kind.USER:
        holder, kind = store.user(place, caller.arn), "user"
    else:
        holder, kind = store.role(place, caller.role_arn), "role"
    if holder is None:
        return Papers(identity=(), session=caller.session)
    return Papers(
        identity=tuple(_identity(place, holder, kind)),
        boundary=boundary(place, holder),
        session=caller.session,
    )


def of_group(group: Any) -> tuple[Document, ...]:
    """The policies of a group (moto's object)."""
    return tuple(_held(group, f" of group {group.name}"))


def of_holder(place: Place, holder: Any, kind: str) -> Papers:
    """The papers of moto's user, role or group."""
    if kind == "group":
        return Papers(identity=of_group(holder))
    return Papers(identity=tuple(_identity(place, holder, kind)), boundary=boundary(place, holder))


def _identity(place: Place, holder: Any, kind: str) -> Iterable[Document]:
    yield from _held(holder, "")
    if kind == "user":
        for group in store.iam(place).groups.values():
            if holder in group.users:
                yield from of_group(group)


def _held(holder: Any, of_whom: str) -> Iterable[Document]:
    inline: Mapping[str, Any] = holder.policies
    for name, text in inline.items():
        yield from read(_text(text), name=f"inline policy {name}{of_whom}")
    for policy in holder.managed_policies.values():
        yield from managed(policy, of_whom)


def managed(policy: Any, of_whom: str = "") -> tuple[Document, ...]:
    """The default version of a managed policy (moto's object)."""
    text = next((v.document for v in policy.versions if v.is_default), "")
    return read(text, name=f"policy/{policy.name}{of_whom}", arn=policy.arn)


def boundary(place: Place, holder: Any) -> tuple[Document, ...] | None:
    """The permissions boundary of a user or role; an empty one (nothing is allowed) where its policy is gone."""
    arn = getattr(holder, "permissions_boundary_arn", None)
    if not arn:
        return None
    policy = store.iam(place).managed_policies.get(arn)
    if policy is None:
        return ()
    text = next((v.document for v in policy.versions if v.is_default), "")
    return read(text, name=f"permissions boundary {policy.name}", arn=arn, kind=PolicyKind.BOUNDARY)


@lru_cache(maxsize=4096)
def read(text: str, *, name: str, arn: str = "", kind: PolicyKind = PolicyKind.IDENTITY) -> tuple[Document, ...]:
    """A policy's document as a tuple of one; of none where it does not parse."""
    try:
        return (parse(text, name=name, kind=kind, arn=arn),)
    except ApiError:
        return ()


def _text(stored: Any) -> str:
    """moto keeps a user's inline policy as text, as it does a role's and a group's."""
    return stored if isinstance(stored, str) else str(stored.get("policy_document", ""))
