"""RunTask against Docker itself: what the lab adds to starting a container (aim: ratio up to 1.3).

    python benchmarks/run_task.py [--times N] [--tasks N]

The same image with the same command, once as a task until DescribeTasks says RUNNING, once by the Docker SDK until
inspect says running; in turns, in one run. Then a service of N tasks until its events report a steady state, against
the same number of containers started bare, one after the other and with as many threads as the lab's.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker
from measure import client, lab, medians, seconds, table, wait

IMAGE = "ecslab/worker:1"
COMMAND = ["sleep", "600"]
THREADS = 16


class Bare:
    """Containers started by the Docker SDK alone."""

    def __init__(self, engine: docker.DockerClient) -> None:
        self._engine = engine
        self._started: list[Any] = []

    def one(self, _: int = 0) -> None:
        """Create and start one, and see it run."""
        container = self._engine.containers.create(IMAGE, COMMAND, mem_limit="64m")
        self._started.append(container)
        container.start()
        while container.status != "running":
            container.reload()

    def many(self, count: int, threads: int) -> None:
        """Start ``count`` of them."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self.one, range(count)))

    def clear(self) -> None:
        """Remove all that were started."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda container: container.remove(force=True), self._started))
        self._started.clear()


class Tasks:
    """The same containers as tasks of the lab."""

    def __init__(self, endpoint: str, mode: str) -> None:
        self.ecs = client("ecs", endpoint)
        self._mode = mode
        self._subnet = client("ec2", endpoint).describe_subnets()["Subnets"][0]["SubnetId"]
        fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"} if mode == "awsvpc" else {}
        container = {"name": "app", "image": IMAGE, "command": COMMAND, "memory": 64, "stopTimeout": 2}
        self.ecs.register_task_definition(
            family=f"bench-{mode}", networkMode=mode, containerDefinitions=[container], **fargate
        )

    @property
    def _launch(self) -> dict[str, Any]:
        if self._mode != "awsvpc":
            return {"taskDefinition": f"bench-{self._mode}", "launchType": "EC2"}
        network = {"awsvpcConfiguration": {"subnets": [self._subnet]}}
        return {"taskDefinition": "bench-awsvpc", "launchType": "FARGATE", "networkConfiguration": network}

    def one(self) -> None:
        """RunTask, then ask until RUNNING."""
        answer = self.ecs.run_task(cluster="bench", **self._launch)
        if answer["failures"]:
            sys.exit(f"RunTask failed: {answer['failures']}")
        arn = answer["tasks"][0]["taskArn"]
        wait(lambda: self._status(arn) == "RUNNING", 60)

    def _status(self, arn: str) -> str:
        task = self.ecs.describe_tasks(cluster="bench", tasks=[arn])["tasks"][0]
        if task["lastStatus"] == "STOPPED":
            sys.exit(f"The task stopped: {task.get('stoppedReason')}")
        return str(task["lastStatus"])

    def steady(self, count: int) -> None:
        """CreateService, then ask until its events report a steady state."""
        self.ecs.create_service(cluster="bench", serviceName="many", desiredCount=count, **self._launch)
        wait(self._is_steady, 300, pause=0.1)

    def _is_steady(self) -> bool:
        service = self.ecs.describe_services(cluster="bench", services=["many"])["services"][0]
        return any("has reached a steady state" in event["message"] for event in service["events"])


@contextmanager
def prepared(count: int) -> Iterator[Callable[[str], Tasks]]:
    """A lab on docker with a cluster and room for ``count`` tasks; how to make Tasks of a network mode in it."""
    with lab("docker") as endpoint:
        client("ecs", endpoint).create_cluster(clusterName="bench")
        body = json.dumps({"cluster": "bench", "count": 2 + count // 50, "instance_type": "m5.4xlarge"}).encode()
        request = urllib.request.Request(f"{endpoint}/_ecslab/instances", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=30).close()
        ecs = client("ecs", endpoint)
        wait(lambda: bool(ecs.list_container_instances(cluster="bench")["containerInstanceArns"]), 30)
        yield lambda mode: Tasks(endpoint, mode)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=10)
    arguments.add_argument("--tasks", type=int, default=50)
    options = arguments.parse_args()
    try:
        engine = docker.from_env(timeout=120)
        engine.ping()
    except docker.errors.DockerException:
        print("\nRunTask against Docker: left out, no Docker engine answers.")
        return
    bare = Bare(engine)
    try:
        with prepared(options.tasks) as tasks:
            bridge, awsvpc = tasks("bridge"), tasks("awsvpc")
            bridge.one()  # the image is here now, for both
            rows = [("one task, bridge, EC2", *medians(bridge.one, bare.one, options.times))]
            rows += [("one task, awsvpc, Fargate (own ENI)", *medians(awsvpc.one, bare.one, options.times))]
            bare.clear()
            in_turn = seconds(lambda: bare.many(options.tasks, 1))
            bare.clear()
            together = seconds(lambda: bare.many(options.tasks, THREADS))
            bare.clear()
            steady = seconds(lambda: bridge.steady(options.tasks))
        rows += [(f"{options.tasks} to steady, bare one by one", steady, in_turn)]
        rows += [(f"{options.tasks} to steady, bare {THREADS} at once", steady, together)]
    finally:
        bare.clear()
    table(f"Start to running on Docker, median of {options.times}", rows, "lab", "bare SDK")


if __name__ == "__main__":
    main()
