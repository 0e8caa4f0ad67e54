"""Policy documents as frozen values: a Document of Statements.

It reads nothing (``parsing`` does) and decides nothing. Invariant: a Document made by ``parse`` is well-formed for its
kind. Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ecslab.policy.conditions import Condition

VERSIONS = ("2012-10-17", "2008-10-17")
OLD = "2008-10-17"
"""The version of a document that names none: it has no policy variables."""


class Effect(StrEnum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Kind(StrEnum):
    """Where a document stands, which says what it must and must not contain."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a text: line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. ``index`` is its place in the document, from 0; empty tuples stand for elements it has not.

    ``start`` (its first character) and ``end`` (the place after its last) are None where there was no text.
    """

    effect: Effect
    index: int = 0
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    start: Position | None = field(default=None, compare=False)
    end: Position | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """Its Sid, or its number for people."""
        return f"statement {self.sid}" if self.sid else f"statement {self.index + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy. ``name`` is what a learner calls it."""

    name: str
    statements: tuple[Statement, ...]
    version: str = OLD
    arn: str = ""

    @property
    def has_variables(self) -> bool:
        """Whether ``${…}`` means anything in it."""
        return self.version == "2012-10-17"
