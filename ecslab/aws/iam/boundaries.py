"""A user's permissions boundary, which moto keeps for roles only.

Source: IAM API Reference, PutUserPermissionsBoundary.
"""

from __future__ import annotations

from typing import Any


def put(backend: Any, user_name: str, policy_arn: str | None) -> None:
    """Set a user's boundary (None takes it away). moto's NoSuchEntity and InvalidParameterValue."""
    from moto.iam.exceptions import IAMException

    user = backend.get_user(user_name)
    if policy_arn is None:
        user.__dict__.pop("permissions_boundary_arn", None)
        user.__dict__.pop("permissions_boundary", None)
        return
    if not backend.policy_arn_regex.match(policy_arn):
        raise IAMException(
            "InvalidParameterValue", f"Value ({policy_arn}) for parameter PermissionsBoundary is invalid."
        )
    backend.get_policy(policy_arn)
    user.permissions_boundary_arn = policy_arn
    user.permissions_boundary = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": policy_arn,
    }
