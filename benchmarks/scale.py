"""A large cluster on virtual time, against one of a tenth of its size (aim: cost per task at most 1.3 times as high).

    python benchmarks/scale.py [--instances N]

N instances (1,000) get ten services of N tasks each, under every kind of placement rule; one of the services is rolled
over to a new definition; further tasks are run, described, listed and stopped. The same with a tenth of everything.
Each size is a process of its own. What counts is its CPU time, the boto3 client's included: another program on the
machine must not change the ratio. The small one is measured before and after the large one; the lower time counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from measure import client

from ecslab.checks.registry import Registry
from ecslab.model.network import Doors
from ecslab.server.api import LabApi
from ecslab.server.http import listen
from ecslab.server.openlab import OpenLab
from ecslab.server.serve import collect_seldom, open_doors

TYPE = "m5.xlarge"
SERVICES = 10
CLUSTER = "large"
CALLS, MOST = 20, 100
"""Times that each call is made that only looks, and the most tasks that it may name."""
MINUTE, HOUR = 60.0, 3600.0
STEADY = 900.0
"""Lab seconds within which everything must have settled."""
AIM = 1.3
KB = 1024.0
ZONE, HOST = "attribute:ecs.availability-zone", "instanceId"
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"placementStrategy": [{"type": "spread", "field": ZONE}, {"type": "spread", "field": HOST}]},
    {"placementStrategy": [{"type": "spread", "field": ZONE}, {"type": "binpack", "field": "memory"}]},
    {"placementStrategy": [{"type": "random"}]},
    {
        "placementStrategy": [{"type": "spread", "field": HOST}],
        "placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ m5.*"}],
    },
)
"""The rules of the services, in turns."""


@contextmanager
def cluster(instances: int) -> Iterator[tuple[OpenLab, LabApi, Any]]:
    """An open lab in this process with that many instances, and boto3's ECS on its door."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as home:
        collect_seldom()
        listening, agents = listen(0), listen(0)
        endpoint, agent = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in (listening, agents))
        doors = Doors(agent=agent, aws=endpoint)
        lab = OpenLab(lab_id="bench", runtime="simulated", time="virtual", home=Path(home), doors=doors)
        api = LabApi(lab, Registry(Path(home)), dict, lambda: None)
        for server in open_doors(lab, api, listening, agents):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        lab.open()
        with lab.timeline.lock:
            lab.backend.create_cluster(CLUSTER)
            for first in range(0, instances, 100):
                lab.launch(CLUSTER, min(100, instances - first), TYPE)
        lab.timeline.advance(60)
        yield lab, api, client("ecs", endpoint)
        lab.close()


class Bench:
    """The measurements at one size: (what, CPU seconds a unit), and the memory."""

    def __init__(self, lab: OpenLab, api: LabApi, ecs: Any, instances: int) -> None:
        self._lab, self._api, self._ecs, self._instances = lab, api, ecs, instances
        self.rows: dict[str, float] = {}

    def _measure(self, what: str, units: int, call: Callable[[], object]) -> None:
        began = time.process_time()
        call()
        self.rows[what] = (time.process_time() - began) / units

    def _register(self, command: str) -> str:
        container = {"name": "app", "image": "ecslab/worker:1", "command": ["sleep", command], "memory": 64}
        answer = self._ecs.register_task_definition(family="app", cpu="128", containerDefinitions=[container])
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def _settled(self, name: str) -> bool:
        service = self._lab.backend.store.service(CLUSTER, name)
        return bool(service.steady and len(service.deployments) == 1)

    def _settle(self, *names: str) -> None:
        """Let lab time pass until the services are steady, the last of them asked first: one look an event."""
        waiting = list(names)

        def done() -> bool:
            while waiting and self._settled(waiting[-1]):
                waiting.pop()
            return not waiting

        if not self._lab.timeline.until(done, STEADY):
            sys.exit(f"not steady within {STEADY:g} lab seconds: {waiting}")

    def run(self) -> None:
        """Everything, in order."""
        size, before = self._instances, peak()
        entries = len(self._lab.journal)
        first = self._register("86400")
        names = [name_of(number) for number in range(SERVICES)]
        self._measure("placing and starting, a task", SERVICES * size, lambda: self._create(names, first))
        self.rows["memory, KB a task"] = (peak() - before) / (SERVICES * size)
        written = self._lab.journal.read(after=entries)
        self.rows["journal, KB a task"] = weight(written) / KB / (SERVICES * size)
        second = self._register("172800")
        self._measure("rolling update, a task", size, lambda: self._update(names[1], second))
        self._measure("a lab hour of running, a task", SERVICES * size, lambda: self._lab.timeline.advance(HOUR))
        self._calls(first)

    def _create(self, names: list[str], definition: str) -> None:
        for number, name in enumerate(names):
            given = RULES[number % len(RULES)]
            self._ecs.create_service(
                cluster=CLUSTER,
                serviceName=name,
                taskDefinition=definition,
                desiredCount=self._instances,
                launchType="EC2",
                **given,
            )
        self._settle(*names)

    def _update(self, name: str, definition: str) -> None:
        self._ecs.update_service(cluster=CLUSTER, service=name, taskDefinition=definition)
        self._settle(name)

    def _calls(self, definition: str) -> None:
        """Calls, while lab time stands still, and what comes of them."""
        arns = [arn for page in self._pages() for arn in page]
        tasks, ecs = self._instances, self._ecs
        some = arns[:MOST]
        with self._still():
            self._measure("RunTask of 10, a call", tasks // 10, lambda: repeat(tasks // 10, self._run(definition)))
            self._measure("DescribeTasks of 100, a call", CALLS, lambda: repeat(CALLS, self._describe(some)))
            self._measure("ListTasks of 100, a call", CALLS, lambda: repeat(CALLS, self._list))
            self._measure("DescribeServices of 10, a call", CALLS, lambda: repeat(CALLS, self._services))
        self._measure("starting those, a task", tasks, lambda: self._lab.timeline.advance(MINUTE))
        victims = iter(arns[:: len(arns) // tasks])
        with self._still():
            stop = partial(ecs.stop_task, cluster=CLUSTER)
            self._measure("StopTask, a call", tasks, lambda: repeat(tasks, lambda: stop(task=next(victims))))
        self._measure("replacing those, a task", tasks, lambda: self._lab.timeline.advance(MINUTE))

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Let no lab time pass with each call, as a check does."""
        self._api.checking += 1
        yield
        self._api.checking -= 1

    def _pages(self) -> Iterator[list[str]]:
        for page in self._ecs.get_paginator("list_tasks").paginate(cluster=CLUSTER):
            yield page["taskArns"]

    def _run(self, definition: str) -> Callable[[], object]:
        return partial(self._ecs.run_task, cluster=CLUSTER, taskDefinition=definition, count=10)

    def _describe(self, arns: list[str]) -> Callable[[], object]:
        return partial(self._ecs.describe_tasks, cluster=CLUSTER, tasks=arns)

    def _list(self) -> object:
        return self._ecs.list_tasks(cluster=CLUSTER)

    def _services(self) -> object:
        return self._ecs.describe_services(cluster=CLUSTER, services=[name_of(n) for n in range(SERVICES)])


def name_of(number: int) -> str:
    """The name of a service."""
    return f"service-{number}"


def repeat(times: int, call: Callable[[], object]) -> None:
    """A call, again and again."""
    for _ in range(times):
        call()


def peak() -> float:
    """The most memory this process has had, in KB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / KB if sys.platform == "darwin" else float(most)


def weight(entries: Any) -> int:
    """The bytes of journal entries as JSON."""
    return sum(len(json.dumps([e.kind, e.subject, e.text, dict(e.data)], default=str)) for e in entries)


def measured(instances: int) -> dict[str, float]:
    """The rows of one size, from a process of its own."""
    command = [sys.executable, __file__, "--only", "--instances", str(instances)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    rows: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rows


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--instances", type=int, default=1000)
    arguments.add_argument("--only", action="store_true", help="this size alone, as JSON")
    options = arguments.parse_args()
    if options.only:
        with cluster(options.instances) as (lab, api, ecs):
            bench = Bench(lab, api, ecs, options.instances)
            bench.run()
        print(json.dumps(bench.rows))
        return
    tenth = options.instances // 10
    before, large, after = measured(tenth), measured(options.instances), measured(tenth)
    small = {what: min(cost, after[what]) for what, cost in before.items()}
    titles = [f"{count:,} instances" for count in (tenth, options.instances)]
    print(f"\nCPU time at scale, {SERVICES} tasks an instance\n{'':34} {titles[0]:>16} {titles[1]:>16} {'ratio':>7}")
    for what, cost in small.items():
        scale, unit = (1.0, "KB") if "KB" in what else (1000.0, "ms")
        ratio = large[what] / cost
        note = "" if ratio <= AIM else f"  above {AIM}"
        print(f"{what:34} {cost * scale:13.2f} {unit} {large[what] * scale:13.2f} {unit} {ratio:7.2f}{note}")


if __name__ == "__main__":
    main()
