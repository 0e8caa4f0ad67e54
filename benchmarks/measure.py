"""What the benchmarks share: a lab to measure, a stop-watch, a table. It draws no conclusions."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

READY = 30.0
GRACE = 120.0  # a lab with a hundred containers takes its time to remove them
REGION = "us-east-1"


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def medians(mine: Callable[[], object], other: Callable[[], object], times: int) -> tuple[float, float]:
    """The median seconds of two calls, made in turns ``times`` times, after one of each that is not counted."""
    mine(), other()
    pairs = [(seconds(mine), seconds(other)) for _ in range(times)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def wait(done: Callable[[], bool], limit: float, pause: float = 0.01) -> None:
    """Ask until ``done``; TimeoutError after ``limit`` seconds."""
    deadline = time.perf_counter() + limit
    while not done():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"not within {limit} seconds")
        time.sleep(pause)


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of a local endpoint."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, read_timeout=120),
    )


@contextmanager
def program(command: Sequence[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program of our own, ended at the end."""
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | {"ECSLAB_HOME": str(home)})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def lab(runtime: str, pace: str = "real") -> Iterator[str]:
    """A lab server with a home of its own; its endpoint."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        command = [sys.executable, "-m", "ecslab", "serve", "--port", "0", "--runtime", runtime, "--time", pace]
        with program(command, home) as process:
            record = home / "server.json"
            wait(lambda: record.exists() or process.poll() is not None, READY)
            if not record.exists():
                sys.exit(f"The lab did not start:\n{(home / 'output').read_text()}")
            yield json.loads(record.read_text())["endpoint"]


def table(title: str, rows: Sequence[tuple[str, float, float]], ours: str, theirs: str) -> None:
    """Rows of (what, our seconds, their seconds) with the ratio."""
    print(f"\n{title}\n{'':34} {ours:>14} {theirs:>14} {'ratio':>7}")
    for what, mine, other in rows:
        print(f"{what:34} {mine * 1000:11.1f} ms {other * 1000:11.1f} ms {mine / other:7.2f}")
