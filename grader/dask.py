"""Grading on a Dask cluster: its executor, and the hand-ins go to its workers as they would to threads here.

Every Dask worker starts grading workers of its own (processes, never forks of a threaded one), so the grader and the
labs must be installed there, in the same place. Invariant: the gradebook is still written by this process alone; a
hand-in whose Dask worker is lost is given to another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from ecslab.errors import LabError

CONNECT_SECONDS = 20
RETRIES = 3
"""How many lost workers one hand-in survives."""


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """An executor on the cluster whose scheduler is at ``address``. LabError where there is none."""
    try:
        from distributed import Client
    except ImportError:
        raise LabError(
            "Dask is not installed here.", "Run `pip install distributed`, here and on the workers."
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError) as failed:
        raise LabError(
            f"No Dask scheduler answers at {address} ({failed}).", "Start one with `dask scheduler`."
        ) from None
    with client:
        yield client.get_executor(pure=False, retries=RETRIES)
