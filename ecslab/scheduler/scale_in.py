"""Which tasks of a service go when there are too many. Pure.

Those not yet running first, then from the availability zone with the most tasks, in it from the instance with the most,
and the newest first. Source: Amazon ECS Developer Guide, "Service scheduler", on scaling in.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

from ecslab.model.status import TaskStatus
from ecslab.model.task import Task


def surplus_of(tasks: Sequence[Task], surplus: int, now: float) -> list[Task]:
    """``surplus`` of the tasks, in the order in which they are stopped; protected ones stay."""
    free = [task for task in tasks if not task.is_protected(now)]
    if surplus <= 0:
        return []
    unready = sorted((t for t in free if t.last_status is not TaskStatus.RUNNING), key=lambda t: t.task_arn)
    chosen = sorted(unready, key=lambda t: -t.created_at)[:surplus]
    return chosen + _from_fullest(free, tasks, surplus - len(chosen))


def _from_fullest(free: Sequence[Task], tasks: Sequence[Task], surplus: int) -> list[Task]:
    crowd = Counter(task.container_instance_arn for task in tasks)
    zones = Counter(task.availability_zone or "" for task in tasks)
    order: dict[str, list[Task]] = {}
    running = [task for task in free if task.last_status is TaskStatus.RUNNING]
    for task in sorted(running, key=lambda t: (-crowd[t.container_instance_arn], -t.created_at, t.task_arn)):
        order.setdefault(task.availability_zone or "", []).append(task)
    heap = [(-zones[zone], zone) for zone in order]
    heapq.heapify(heap)
    chosen: list[Task] = []
    while heap and len(chosen) < surplus:
        count, zone = heapq.heappop(heap)
        chosen.append(order[zone].pop(0))
        if order[zone]:
            heapq.heappush(heap, (count + 1, zone))
    return chosen
