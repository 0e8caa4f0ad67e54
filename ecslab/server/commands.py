"""The lab's own route that runs a command in a container and waits for what it prints: ``lab.exec``.

It goes through ExecuteCommand, so what ECS refuses is refused here with the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.control.commands import PATIENCE
from ecslab.control.why import find_task
from ecslab.errors import InvalidParameterException, LabError
from ecslab.server.openlab import OpenLab


def run(lab: OpenLab, request: Mapping[str, Any]) -> dict[str, Any]:
    """Run ``command`` in a ``task`` (and ``container``): its exit code and output. ApiError."""
    backend, timeline = lab.backend, lab.timeline
    with timeline.lock:
        name = str(request.get("task") or "")
        task = find_task(backend, name)
        if task is None:
            raise InvalidParameterException(f"There is no task '{name}'. Give its ARN or id.")
        wish = {"cluster": task.cluster_name, "task": task.task_arn, "container": str(request.get("container") or "")}
        answer = backend.execute_command({**wish, "command": str(request.get("command") or ""), "interactive": True})
        session = answer["session"]["session_id"]
    speed = getattr(timeline, "speed", 1.0)
    if not timeline.until(lambda: backend.sessions[session].exit_code is not None, (PATIENCE + 5) * speed):
        raise LabError("The command has not ended.", "Its end will be in the journal, as exec.output.")
    done = backend.sessions[session]
    return {"exit_code": done.exit_code, "output": done.output, "container": done.container, "session": session}
