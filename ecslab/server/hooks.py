"""The lab's own route about lifecycle hooks: what a function answers, since the lab runs no functions.

It is not AWS's: on AWS the function itself answers. A PAUSE hook is ended with ContinueServiceDeployment, as on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.errors import InvalidParameterException
from ecslab.server.openlab import OpenLab


def answer(lab: OpenLab, request: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what the hook ``function`` (ARN) answers from now on; without ``answer`` only what was told of all hooks."""
    function, said = str(request.get("function") or ""), request.get("answer")
    with lab.timeline.lock:
        if said is not None:
            if not function:
                raise InvalidParameterException("Name the hook's function: the hookTargetArn of lifecycleHooks.")
            lab.backend.answer_hook(function, str(said))
        return {"answers": dict(lab.backend.hook_answers), "otherwise": "SUCCEEDED"}
