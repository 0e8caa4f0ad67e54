"""Policies as the tests of this floor write them: short hands for statements, documents and questions."""

from __future__ import annotations

from typing import Any

from ecslab.policy import Ask, Decision, Document, Kind, decide, parse

ACCOUNT = "123456789012"
ME = f"arn:aws:sts::{ACCOUNT}:assumed-role/shop/0123456789abcdef"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
ECS = f"arn:aws:ecs:us-east-1:{ACCOUNT}"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def policy(*statements: dict[str, Any], name: str = "policy/p", kind: Kind = Kind.IDENTITY) -> Document:
    return parse({"Version": "2012-10-17", "Statement": list(statements)}, name=name, kind=kind)


def ask(action: str, resource: str = "*", *, by: str = ME, **context: str | tuple[str, ...]) -> Ask:
    """A question; ``aws_username="ann"`` stands for the condition key aws:username."""
    keys = {key.replace("_", ":", 1): (v,) if isinstance(v, str) else v for key, v in context.items()}
    return Ask(principal=by, action=action, resource=resource, context=keys)


def asked_of(asked: Ask, *statements: dict[str, Any]) -> Decision:
    return decide(asked, identity=[policy(*statements)])


def may(asked: Ask, *statements: dict[str, Any]) -> bool:
    return asked_of(asked, *statements).allowed
