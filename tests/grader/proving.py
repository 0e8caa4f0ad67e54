"""The proofs of the labs, run beside each other: one process for each lab and runtime, a few at a time.

Most of what a proof on processes or containers does is waiting, so that three of them share two cores well.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AT_ONCE = 3
LIMIT = 1800.0
"""Real seconds after which a proof has failed."""
Job = tuple[str, str]
"""A lab folder's name, and a runtime."""


class Proofs:
    """What every wanted proof printed, and whether it held."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="proof")
        self._found: dict[Job, Future[subprocess.CompletedProcess[str]]] = {
            job: self._pool.submit(_proved, job) for job in jobs
        }

    def check(self, lab: str, runtime: str) -> None:
        """Wait for a proof, and fail with what did not hold."""
        found = self._found[lab, runtime].result()
        wrong = "\n".join(line for line in found.stdout.splitlines() if not line.startswith("✓"))
        assert found.returncode == 0, f"{lab} on {runtime}:\n{wrong}\n{found.stderr[-3000:]}"
        assert "✓" in found.stdout

    def close(self) -> None:
        """Begin no more, and wait for those that run."""
        self._pool.shutdown(cancel_futures=True)


def _proved(job: Job) -> subprocess.CompletedProcess[str]:
    lab, runtime = job
    command = [sys.executable, "-m", "grader.prove", f"labs/{lab}", "--runtime", runtime]
    if runtime != "simulated":
        command.append("--solved")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)


def jobs_of(items: Iterable[pytest.Item]) -> list[Job]:
    """The proofs that these tests ask for, in their order by lab."""
    wanted = []
    for item in items:
        given = getattr(getattr(item, "callspec", None), "params", {})
        if "proofs" in getattr(item, "fixturenames", ()) and item.get_closest_marker("skip") is None:
            wanted.append((str(given["lab"]), str(given["runtime"])))
    return sorted(wanted)
