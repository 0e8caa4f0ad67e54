"""Principals: whether and how closely a Principal element names who asks. Pure text.

It decides nothing. Invariant: a closer naming counts as every looser one; ``*`` names everybody itself. Source: IAM
User Guide, "AWS JSON policy elements: Principal" (an account stands for everybody in it, a role for its sessions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

_SERVICE = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as Principal elements name it; ``kind`` is AWS, Service or Federated."""

    kind: str
    name: str

    @classmethod
    def of(cls, name: str) -> Principal:
        """The principal that an Ask names: a service by its host name, everybody else by ARN."""
        return cls(kind="Service" if name.endswith(_SERVICE) else "AWS", name=name)


class Naming(IntEnum):
    """How a principal is named, from not at all to by its own name."""

    NOT = 0
    ACCOUNT = 1
    """By its account: that hands the decision to the account's IAM."""
    ROLE = 2
    """By the role behind its session."""
    ITSELF = 3


def naming(principal: Principal, named: Mapping[str, tuple[str, ...]]) -> Naming:
    """The closest way in which a Principal element's names name this principal."""
    if "*" in named.get("AWS", ()):
        return Naming.ITSELF
    return max((_naming(principal, name) for name in named.get(principal.kind, ())), default=Naming.NOT)


def _naming(principal: Principal, name: str) -> Naming:
    if name == principal.name:
        return Naming.ROLE if principal.kind == "AWS" and ":role/" in name else Naming.ITSELF
    parts = principal.name.split(":", 5)
    if principal.kind != "AWS" or len(parts) < 6:
        return Naming.NOT
    account, rest = parts[4], parts[5]
    if name == account or re.fullmatch(rf"arn:[^:]+:iam::{re.escape(account)}:root", name):
        return Naming.ACCOUNT
    if rest.startswith("assumed-role/") and f":iam::{account}:role/" in name:
        return Naming.ROLE if name.rsplit("/", 1)[-1] == rest.split("/")[1] else Naming.NOT
    return Naming.NOT
