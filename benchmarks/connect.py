"""How long a learner waits for ``ecslab.connect()`` (aims: cold 2 s, warm 0.1 s, import 0.3 s beyond boto3).

    python benchmarks/connect.py [--times N] [--runtime R]

Cold starts a server with a home of its own, ended after each; warm attaches to a running one, in a fresh Python
that has already imported ecslab.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

CONNECT = """
import time, ecslab
began = time.perf_counter()
ecslab.connect({arguments})
print(time.perf_counter() - began)
"""
IMPORT = """
import time
import boto3
began = time.perf_counter()
import ecslab
print(time.perf_counter() - began)
"""


def run(program: str, home: str) -> float:
    """The seconds a program of ours prints."""
    environment = os.environ | {"ECSLAB_HOME": home}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return float(done.stdout.split()[-1])


def stop(home: str) -> None:
    """End the server of a home, if it has one."""
    environment = os.environ | {"ECSLAB_HOME": home}
    subprocess.run([sys.executable, "-m", "ecslab", "stop"], env=environment, capture_output=True, timeout=60)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=5)
    arguments.add_argument("--runtime", default="")
    options = arguments.parse_args()
    program = CONNECT.format(arguments=f"runtime={options.runtime!r}" if options.runtime else "")
    cold, warm = [], []
    for _ in range(options.times):
        with tempfile.TemporaryDirectory(prefix="ecslab-bench-", ignore_cleanup_errors=True) as home:
            try:
                cold.append(run(program, home))
                warm.append(run(program, home))
            finally:
                stop(home)
    imports = [run(IMPORT, tempfile.gettempdir()) for _ in range(options.times)]
    print(f"\nWaiting for the lab, median (worst) of {options.times}\n{'':34} {'seconds':>16} {'aim':>8} {'of aim':>7}")
    for what, found, aim in (("connect, cold", cold, 2.0), ("connect, warm", warm, 0.1), ("import", imports, 0.3)):
        middle = statistics.median(found)
        print(f"{what:34} {middle:8.3f} ({max(found):.3f}) {aim:8.1f} {middle / aim:7.2f}")


if __name__ == "__main__":
    main()
