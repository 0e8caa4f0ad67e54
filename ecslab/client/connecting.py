"""``ecslab.connect()``: attach to the running lab server, or start one.

It holds the rules of which server is the right one; starting is ``starting``'s, the lab object ``lab``'s.
Invariant: a running server is never silently replaced by another, and under nbgrader a kernel gets a lab of its
own, so that a grade depends on nothing but the notebook.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ecslab.client.failures import problem
from ecslab.client.home import beside_home, kind_of, lab_home, running
from ecslab.client.lab import Lab
from ecslab.client.starting import Wanted, ensure
from ecslab.client.transport import Json, Transport

PRIVATE = ("NBGRADER_EXECUTION", "ECSLAB_PRIVATE")
"""Environment variables of which any makes the lab private (nbgrader sets the first while it runs a notebook)."""

ENDPOINT = "ECSLAB_ENDPOINT"
"""The address of the lab to use, where somebody else started it for this process (the grader does)."""

_private_homes: dict[tuple[int, str], Path] = {}
"""The private homes by process id (a fork must not take its parent's for its own) and kind of time."""


def connect(
    runtime: str | None = None, time: str | None = None, home: str | Path | None = None, *, beside: bool = False
) -> Lab:
    """Attach to the running lab server, or start one (``$ECSLAB_RUNTIME`` or the best runtime there is).

    ``runtime`` is auto, docker, process or simulated; ``time`` real, scaled, scaled:N or virtual; None takes
    what runs. ``home`` is the lab's folder (``$ECSLAB_HOME`` or ``~/.ecslab``). ``beside``: where the running lab
    has another kind of time, leave it alone and use a second lab beside it (virtual time is a simulated lab's).
    In a private lab (under nbgrader) ``runtime`` and ``home`` do not count. Errors: LabError with what to try.
    """
    if is_private() and not os.environ.get(ENDPOINT):
        wanted = _private(time if beside else None)
        transport, status = running(wanted.home) or ensure(wanted)
        return Lab(transport, status, wanted.home)
    given = os.environ.get(ENDPOINT)
    if given:
        transport = Transport(given)
        return Lab(transport, transport.get("status"), lab_home(home))
    own = lab_home(home)
    if beside and time and not _serves(own, time):
        own, runtime = beside_home(own, time), "simulated" if kind_of(time) == "virtual" else runtime
    chosen = runtime or os.environ.get("ECSLAB_RUNTIME") or "auto"
    wanted = Wanted(home=own, runtime=chosen, time=time or "real")
    found = running(wanted.home)
    transport, status = found or ensure(wanted)
    if not (beside and found):
        as_asked(status, runtime, time)
    return Lab(transport, status, wanted.home)


def _serves(home: Path, time: str) -> bool:
    """Whether the lab that runs in a home will do: it has that kind of time, or virtual time, which is never slow."""
    found = running(home)
    return found is not None and found[1]["time"] in (kind_of(time), "virtual")


def is_private() -> bool:
    """Whether this process gets a lab of its own."""
    return any(os.environ.get(name) for name in PRIVATE)


def _private(time: str | None = None) -> Wanted:
    """Virtual time where nothing but the model runs; real containers need another, ``time`` or real."""
    runtime = os.environ.get("ECSLAB_GRADING_RUNTIME") or "simulated"
    if runtime == "simulated" or (time and kind_of(time) == "virtual"):
        runtime, time = "simulated", "virtual"
    home = _private_home(kind_of(time or "real"))
    return Wanted(home=home, runtime=runtime, time=time or "real", port=0, owner_pid=os.getpid(), remove_home=True)


def _private_home(kind: str) -> Path:
    known = _private_homes.get((os.getpid(), kind))
    if known is None or not known.is_dir():
        known = _private_homes[os.getpid(), kind] = Path(tempfile.mkdtemp(prefix="ecslab-private-"))
    return known


def as_asked(status: Json, runtime: str | None, time: str | None) -> None:
    """LabError where another runtime or another kind of time was asked for than the one that runs."""
    kind = kind_of(time) if time else None
    if runtime in (None, "auto", status["runtime"]) and kind in (None, status["time"]):
        return
    wish = " and ".join(part for part in (runtime and f"the {runtime} runtime", time and f"{time} time") if part)
    options = "".join(f" --{name} {value}" for name, value in (("runtime", runtime), ("time", time)) if value)
    raise problem(
        f"The running lab has the {status['runtime']} runtime and {status['time']} time; you asked for {wish}.",
        f"To switch (this ends the running lab and its tasks): `ecslab stop`, then `ecslab up{options}`.",
    )
