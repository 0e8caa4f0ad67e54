"""The seam to moto: one assignment, made before the first AWS call.

``BackendDict.backend`` is a public factory called with (region_name, account_id=…); with ours in its place,
in-process mocks, the HTTP server, the AWS CLI, ``/moto-api/reset`` and moto's own neighbours all get our ECS, and our
CloudWatch.
``tests/aws/test_seam.py`` holds every fact this rests on. moto's backends are process-global: one open lab
per process.
"""

from __future__ import annotations

import warnings
from typing import Any

from ecslab.aws.context import ACCOUNT, REGION, LabContext


def install(context: LabContext) -> Any:
    """Put our backend into moto for this lab and return the one of the lab's account and region."""
    from moto.backends import get_backend
    from moto.moto_api._internal import mock_random

    from ecslab.aws import balancing, cloudwatch, events_backend, groups, stacks
    from ecslab.aws.ecs import cloudformation
    from ecslab.aws.ecs.models import EcsBackend

    warnings.filterwarnings("ignore", r"Exception\(ECSException\) with code")  # codes of every AWS API, in no model
    _remember_nothing()
    mock_random.seed(context.random.getrandbits(64))

    class LabEcsBackend(EcsBackend):
        """The backend bound to this open lab."""

    LabEcsBackend.__module__ = EcsBackend.__module__
    LabEcsBackend.context = context
    backends = get_backend("ecs")
    backends.backend = LabEcsBackend
    cloudwatch.install(context)
    groups.install()
    balancing.install()
    cloudformation.install()
    stacks.install()
    events_backend.install(context)
    backends.reset()  # after the factories: some of moto's backends make an ECS anew in their reset
    return backend()


def _remember_nothing() -> None:
    """Have moto keep no list of every object it ever made.

    It does, for a page of its own server that the lab does not show: each datapoint and log line of a lab would stay in
    memory until the server ends.
    """
    from moto.core.common_models import BaseModel

    def new(cls: type, *args: Any, **given: Any) -> Any:
        return super(BaseModel, cls).__new__(cls)

    BaseModel.__new__ = new


def backend() -> Any:
    """Our ECS backend of the lab's account and region."""
    from moto.backends import get_backend

    return get_backend("ecs")[ACCOUNT][REGION]


def wipe() -> None:
    """Empty every service of the account (moto's own reset), ECS included."""
    from moto.core.base_backend import BackendDict

    for backends in list(BackendDict._instances):
        for account in backends.values():
            account.reset()
