"""moto's IAM and STS records, in one place. It reads and writes them and decides nothing.

Invariant: ``moto.iam`` is imported on first use only, so a lab that never asks about IAM does not pay for it. What
the lab adds to moto's backends (that the seeds are in) lies in their ``__dict__``, which moto's own reset clears.
"""

from __future__ import annotations

from typing import Any

from ecslab.model.arn import Place


def iam(place: Place) -> Any:
    """moto's IAM backend of the account."""
    from moto.iam.models import iam_backends

    return iam_backends[place.account]["aws"]


def sts(place: Place) -> Any:
    """moto's STS backend of the account."""
    from moto.backends import get_backend

    return get_backend("sts")[place.account]["aws"]


def role(place: Place, name_or_arn: str) -> Any | None:
    """moto's role of that name or ARN; None where there is none."""
    for found in iam(place).roles.values():
        if name_or_arn in (found.name, found.arn):
            return found
    return None


def user(place: Place, name_or_arn: str) -> Any | None:
    """moto's user of that name or ARN; None where there is none."""
    for found in iam(place).users.values():
        if name_or_arn in (found.name, found.arn):
            return found
    return None


def instance_profile_role(place: Place, profile_arn_or_name: str) -> Any | None:
    """The role inside an instance profile; None where there is none."""
    for profile in iam(place).instance_profiles.values():
        if profile_arn_or_name in (profile.name, profile.arn) and profile.roles:
            return profile.roles[0]
    return None
