"""Fargate's platform versions, as far as they can be asked for: a version that is not one is refused.

Every task here runs on the same; a version is kept and shown (``coverage`` says so). Sources: Amazon ECS Developer
Guide, "Fargate platform versions"; error text as quoted in public issues.
"""

from __future__ import annotations

from ecslab.errors import ApiError, InvalidParameterException
from ecslab.model.status import LaunchType

LATEST, NEWEST = "LATEST", "1.4.0"
VERSIONS = (LATEST, "1.0.0", "1.1.0", "1.2.0", "1.3.0", NEWEST)


class PlatformUnknownException(ApiError):
    """There is no such platform version."""


def platform_of(version: str | None, launch: LaunchType) -> str | None:
    """The version that a run or service asks for; None off Fargate. PlatformUnknownException and others."""
    if launch is not LaunchType.FARGATE:
        if version:
            raise InvalidParameterException(
                f"The platform version must be null when specifying an {launch} launch type. Leave platformVersion out."
            )
        return None
    if version and version not in VERSIONS:
        raise PlatformUnknownException(
            f"The platform version '{version}' does not exist. There are: {', '.join(VERSIONS)}."
        )
    return version or LATEST


def resolved(version: str | None) -> str | None:
    """What LATEST stands for."""
    return NEWEST if version == LATEST else version
