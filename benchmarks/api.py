"""Round trips of the API, the lab's server against moto's own, side by side in one run (aim: ratio up to 1).

    python benchmarks/api.py [--times N]

Both are processes of their own on loopback, asked in turns by the same boto3. The lab runs on the simulated
runtime in real time: its tasks live their lives while it is asked.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import client, lab, medians, program, table, wait

MOTO = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
open(sys.argv[1], "w").write(str(server.get_host_and_port()[1]))
while True:
    time.sleep(60)
"""


@contextmanager
def moto() -> Iterator[str]:
    """moto's own threaded server; its endpoint."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as folder:
        port = Path(folder, "port")
        with program([sys.executable, "-c", MOTO, str(port)], Path(folder)):
            wait(lambda: port.exists() and bool(port.read_text()), 30)
            yield f"http://127.0.0.1:{port.read_text()}"


def calls(endpoint: str) -> dict[str, Callable[[], Any]]:
    """The measured requests, on a cluster of their own."""
    ecs = client("ecs", endpoint)
    ec2 = client("ec2", endpoint)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ecs.create_cluster(clusterName="bench")
    definition = {
        "family": "bench",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {"name": "app", "image": "ecslab/worker:1", "command": ["sleep", "600"], "memory": 128}
        ],
    }
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    ecs.register_task_definition(**definition)
    task = {"cluster": "bench", "taskDefinition": "bench", "launchType": "FARGATE", "networkConfiguration": network}
    return {
        "DescribeClusters": lambda: ecs.describe_clusters(clusters=["bench"]),
        "RegisterTaskDefinition": lambda: ecs.register_task_definition(**definition),
        "RunTask": lambda: ecs.run_task(**task),
        "ListTasks": lambda: ecs.list_tasks(cluster="bench"),
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=60)
    times = arguments.parse_args().times
    with lab("simulated") as ours, moto() as theirs:
        mine, other = calls(ours), calls(theirs)
        rows = [(name, *medians(mine[name], other[name], times)) for name in mine]
    table(f"API round trip, median of {times}", rows, "lab", "moto's server")


if __name__ == "__main__":
    main()
