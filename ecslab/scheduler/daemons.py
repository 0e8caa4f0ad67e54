"""What a daemon needs on the instances of its capacity providers: where to start a task, what to drain. Pure.

It starts and drains nothing. Daemon tasks are never moved or updated in place: an instance keeps the revision with
which it came, and is replaced where that is not the one wanted. Invariants: no instance gets a second task of a daemon;
a deployment never has more instances being replaced than ``drainPercent`` allows (one at least).
Source: Amazon ECS Developer Guide, "Daemon deployments" (drain, provision, replace), "Daemon auto repair".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """An instance as one daemon sees it. ``revision`` is that of the task it was given, empty where it got none."""

    arn: str
    revision: str
    registered_at: float
    draining: bool
    ready: bool
    """It is ACTIVE: nothing has to become ready on it first."""
    alive: bool
    """A task of the daemon is there that has not stopped."""
    running: bool
    """Its task is RUNNING, and not UNHEALTHY."""
    sick: bool
    """Its task is UNHEALTHY."""
    provided: bool
    """It belongs to a capacity provider of the wanted revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a deployment wants: a revision on all instances of its providers that joined at or after ``since``."""

    revision: str
    since: float
    drain_percent: float
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What to do now. ``settled``: every instance is as it should be."""

    start: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    """Instances to drain because they run another revision, or none."""
    empty: tuple[str, ...] = ()
    """Such instances that are drained already: tasks that draining leaves alone are to be stopped on them."""
    repair: tuple[str, ...] = ()
    """Instances to drain because their critical daemon has failed."""
    settled: bool = False


def steps(hosts: Sequence[Host], wanted: Wanted) -> Steps:
    """What a daemon needs now."""
    staying = [host for host in hosts if not host.draining]
    start = tuple(h.arn for h in staying if h.provided and not h.revision and h.registered_at >= wanted.since)
    broken = tuple(h.arn for h in staying if wanted.critical and _right(h, wanted) and (not h.alive or h.sick))
    outdated = [h.arn for h in staying if not _right(h, wanted) and h.arn not in start]
    moving = sum(host.draining or not host.ready for host in hosts)
    most = max(1, math.ceil(len(staying) * wanted.drain_percent / 100))
    replaced = tuple(outdated[: max(0, most - moving)])
    empty = tuple(host.arn for host in hosts if host.draining and not _right(host, wanted))
    waiting = [h for h in staying if _right(h, wanted) and wanted.revision and wanted.critical and not h.running]
    settled = not (start or broken or outdated or waiting or any(_involved(h) for h in hosts if h.draining))
    return Steps(start=start, replace=replaced, empty=empty, repair=broken, settled=settled)


def _right(host: Host, wanted: Wanted) -> bool:
    """Whether an instance has what it should: the wanted revision, or no task where it is to have none."""
    return host.revision == wanted.revision if host.provided else not host.revision


def _involved(host: Host) -> bool:
    return bool(host.revision) or host.provided
