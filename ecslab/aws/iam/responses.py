"""The verbs that moto's IAM and STS lack or answer with fixed text, as subclasses of its response classes.

They read the request, call the module that knows, and hand the result to moto's serializer.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, PutUserPermissionsBoundary; STS API Reference,
AssumeRole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.aws.iam.refusal import error
from ecslab.aws.iam.wire import Call
from ecslab.errors import ApiError
from ecslab.model.arn import Place

_STATUS = {"AccessDenied": 403, "NoSuchEntity": 404}


def iam_verbs() -> Any:
    """moto's IAM responses with simulation and a user's permissions boundary."""
    from moto.core.responses import EmptyResult
    from moto.iam.responses import IamResponse

    from ecslab.aws.iam import boundaries, simulation

    class LabIam(IamResponse):  # type: ignore[misc]
        """IAM as the lab answers it."""

        def _place(self) -> Place:
            return Place(account=self.current_account, region=self.region)

        def simulate_principal_policy(self) -> Any:
            return _answer(lambda: simulation.of_principal(self._place(), self.params))

        def simulate_custom_policy(self) -> Any:
            return _answer(lambda: simulation.of_documents(self._place(), self.params))

        def get_context_keys_for_principal_policy(self) -> Any:
            return _answer(lambda: simulation.keys_of_principal(self._place(), self.params))

        def get_context_keys_for_custom_policy(self) -> Any:
            return _answer(lambda: simulation.keys_of_documents(self.params))

        def put_user_permissions_boundary(self) -> Any:
            boundaries.put(self.backend, self._get_param("UserName"), self._get_param("PermissionsBoundary"))
            return EmptyResult()

        def delete_user_permissions_boundary(self) -> Any:
            boundaries.put(self.backend, self._get_param("UserName"), None)
            return EmptyResult()

        def create_user(self) -> Any:
            result = super().create_user()
            if self._get_param("PermissionsBoundary"):
                boundaries.put(self.backend, self._get_param("UserName"), self._get_param("PermissionsBoundary"))
            return result

    return LabIam


def sts_verbs(context: Callable[[], LabContext]) -> Any:
    """moto's STS responses with sessions that end by lab time."""
    from moto.sts.responses import TokenResponse

    from ecslab.aws.iam import assuming

    class LabSts(TokenResponse):  # type: ignore[misc]
        """STS as the lab answers it."""

        def assume_role(self) -> Any:
            place = Place(account=self.current_account, region=self.region)
            token = self.headers.get("X-Amz-Security-Token", "")
            request = assuming.Request(params=self.params, key_id=self.get_access_key(), token=token)
            return _answer(lambda: assuming.assume_role(place, context(), request))

    return LabSts


def _answer(ask: Callable[[], Mapping[str, Any]]) -> Any:
    """The answer for moto's serializer; an error of ours as the Query protocol writes it."""
    from moto.core.responses import ActionResult

    try:
        return ActionResult(ask())
    except ApiError as problem:
        call = Call(service="iam", operation="", protocol="query", region="")
        found = error(call, code=problem.code, message=problem.message, status=_STATUS.get(problem.code, 400))
        return found.body.decode(), {**dict(found.headers), "status": found.status}
