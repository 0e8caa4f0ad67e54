"""boto3 for the lab: a session of its own with throw-away credentials, deaf to what the machine has configured.

The client it makes is boto3's, unwrapped. Invariant: no profile, credential, proxy or retry setting of the user's
real AWS account is read or used, so a notebook of the lab can never reach it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
READ_SECONDS = 120
RETRIES = 2


def make_session(region: str) -> Any:
    """A boto3 session for the lab."""
    import boto3
    import botocore.session

    core = botocore.session.Session(
        session_vars={"profile": (None, [], None, None), "config_file": (None, [], None, None)}
    )
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core, region_name=region, **CREDENTIALS)


@cache
def _loader() -> Any:
    """One reader of botocore's models for every session: reading those of ECS takes longer than any call."""
    from botocore.loaders import create_loader

    return create_loader()


def settings() -> Any:
    """A client's settings: no proxy (the lab is on loopback), few retries (it answers or it is gone)."""
    from botocore.config import Config

    return Config(proxies={}, read_timeout=READ_SECONDS, retries={"total_max_attempts": RETRIES, "mode": "standard"})
