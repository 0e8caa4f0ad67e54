"""The lab's routes about capacity: Spot interruptions, and whether Fargate Spot has room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.control.capacity import interrupt_task
from ecslab.control.why import find_task
from ecslab.server.openlab import OpenLab

Json = dict[str, Any]


def interrupt(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Take a Fargate Spot task, or an EC2 instance, back. InvalidParameterException."""
    subject = str(request.get("subject") or "")
    with lab.timeline.lock:
        task = find_task(lab.backend, subject)
        if task is not None:
            interrupt_task(lab.backend, task)
            return {"interrupted": task.task_arn}
        instance = lab.fleet.ec2_id(subject)
        lab.capacity.interrupt(instance)
    return {"interrupted": instance}


def spot(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Whether Fargate Spot has capacity, and from now on where ``available`` is given."""
    with lab.timeline.lock:
        wanted = request.get("available")
        if wanted is not None and bool(wanted) != lab.backend.spot_available:
            lab.backend.spot_available = bool(wanted)
            word = "has capacity again" if wanted else "has no capacity any more"
            lab.journal.record("spot.capacity", "FARGATE_SPOT", f"Fargate Spot {word}")
        return {"available": lab.backend.spot_available}
