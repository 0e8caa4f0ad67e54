"""An open lab: everything put together, opened and closed. It has no HTTP; ``ecslab.server.serve`` adds that.

Invariant: after ``close`` no container, network, process or folder of this lab is left.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ecslab.aws import ec2, logs
from ecslab.aws.context import LabContext
from ecslab.aws.iam.gate import Gate
from ecslab.aws.install import install, wipe
from ecslab.control.balancing import Balancing, Looks
from ecslab.control.capacity import Capacity
from ecslab.control.channel import Channel
from ecslab.control.commands import Commands
from ecslab.control.daemons import Daemons
from ecslab.control.events_schedules import EventBridge
from ecslab.control.fleet import Fleet
from ecslab.control.load import Loads
from ecslab.control.managed_instances import ManagedInstances
from ecslab.control.minute import Minute
from ecslab.control.plane import ControlPlane
from ecslab.errors import ContainerRuntimeError, InvalidParameterException
from ecslab.images.sdk import failure
from ecslab.journal import Journal
from ecslab.model.network import Doors
from ecslab.model.status import ContainerStatus
from ecslab.model.task import Task
from ecslab.networks.base import Fabric
from ecslab.networks.loopback import LoopbackFabric
from ecslab.networks.modelled import ModelledFabric
from ecslab.runtimes.base import Capabilities, Runtime
from ecslab.runtimes.choose import Choice, choose
from ecslab.runtimes.process import ProcessRuntime
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.timeline import VirtualTimeline, parse_time

Aws = Callable[[str, str, Mapping[str, str], Mapping[str, str]], tuple[int, str]]
"""(service, operation, parameters, environment) → (status, body)."""
NO_DOORS = Doors()
FIRST_CLUSTER = "default"
FIRST_INSTANCES = 2
FIRST_TYPE = "m5.large"


class OpenLab:
    """One lab, from opening to closing."""

    def __init__(
        self,
        *,
        lab_id: str,
        runtime: str,
        time: str,
        home: Path,
        seed: int | None = None,
        doors: Doors = NO_DOORS,
    ) -> None:
        self.lab_id = lab_id
        self.aws: Aws = no_aws
        """How a simulated container's SDK reaches AWS; the server puts its own here."""
        self.doors = doors
        self.home = home
        self.choice: Choice = choose(runtime, docker_probe=probe_docker)
        self._failures: list[str] = []
        self.timeline = parse_time(time, self._failed)
        self.journal = Journal(self.timeline.now)
        self.runtime, self.fabric = self._engine(self.choice.name)
        self.capabilities: Capabilities = self.runtime.probe()
        seeded = seed if seed is not None else (0 if isinstance(self.timeline, VirtualTimeline) else None)
        self.context = LabContext(timeline=self.timeline, journal=self.journal, random=random.Random(seeded))
        self.answers: dict[str, Any] = {}
        self._assemble()

    def _failed(self, failure: BaseException) -> None:
        self.journal.record("error", "timeline", f"A step of the lab failed: {failure!r}", failure=repr(failure))

    def _engine(self, name: str) -> tuple[Runtime, Fabric]:
        if name == "docker":
            from ecslab.networks.docker import DockerFabric
            from ecslab.runtimes.docker import DockerRuntime

            return DockerRuntime(self.lab_id, self.home), DockerFabric(self.lab_id, self.doors)
        if name == "process":
            return ProcessRuntime(self.lab_id, self.home), LoopbackFabric(self.lab_id, self.home, self.doors)
        runtime, fabric = SimulatedRuntime(self.timeline), ModelledFabric()
        runtime.reach = fabric.reach
        runtime.agent = self._agent
        runtime.aws = lambda *call: self.aws(*call)
        return runtime, fabric

    def _agent(self, path: str) -> tuple[int, str]:
        answer = self.fleet.endpoint.answer(path)
        return answer.status, answer.body

    def _assemble(self) -> None:
        self.backend = install(self.context)
        self.gate = Gate(self.context)
        self.channel = Channel(self.backend)
        self.fleet = Fleet(self.backend, self.channel, self.runtime, self.fabric)
        self.plane = ControlPlane(self.backend, self.fleet)
        self.capacity = Capacity(self.backend, self.fleet)
        self.managed = ManagedInstances(self.backend, self.fleet)
        self.daemons = Daemons(self.backend, self.managed)
        looks = Looks(task=self.plane.look_at_task, service=self.plane.look_at_service)
        self.balancing = Balancing(self.backend, self.runtime, self.fabric, looks)
        self.minute = Minute(self.backend, self.fleet)
        self.events = EventBridge(self.backend, lambda: self.gate.enforce)
        self.loads = Loads(self.backend, self.runtime, self.fabric)

    def open(self) -> None:
        """Take the runtime and the network into use, create the first cluster and start its instances."""
        self.runtime.open()
        self.fabric.open()
        with self.timeline.lock:
            self._begin()

    def _begin(self) -> None:
        self.journal.record("lab.opened", self.lab_id, f"the lab is open on the {self.choice.name} runtime")
        self.plane.start()
        Commands(self.backend, self.runtime).start()
        self.capacity.start()
        self.managed.start()
        self.daemons.start()
        self.balancing.start()
        self.minute.start()
        self.events.start()
        self.backend.create_cluster(FIRST_CLUSTER)
        self.launch(FIRST_CLUSTER, FIRST_INSTANCES, FIRST_TYPE)
        if isinstance(self.timeline, VirtualTimeline):
            self.timeline.advance(0)

    def _end(self) -> None:
        """Stop every loop and let go of every agent; the runtime and the fabric are closed after that."""
        self.minute.stop()
        self.events.stop()
        self.loads.close()
        self.capacity.stop()
        self.managed.stop()
        self.daemons.stop()
        self.balancing.stop()
        self.plane.stop()
        self.fleet.close()

    def launch(self, cluster: str, count: int, instance_type: str) -> list[str]:
        """Launch EC2 instances that join a cluster; their ids. InvalidParameterException."""
        if not 1 <= count <= 100:
            raise InvalidParameterException(f"count must be between 1 and 100; it is {count}.")
        self.backend.active_cluster(cluster)
        if instance_type not in ec2.instance_types(self.backend.place):
            raise InvalidParameterException(f"Invalid instance type '{instance_type}'. Try m5.large or t3.medium.")
        ids = ec2.run_instances(self.backend.place, cluster=cluster, count=count, instance_type=instance_type)
        self.fleet.sync()
        return ids

    def reset(self) -> None:
        """Empty the account: every task, service and instance goes, and the lab begins anew."""
        with self.timeline.lock:
            self._end()
        self.runtime.close()
        self.fabric.close()
        with self.timeline.lock:
            wipe()
            self.answers.clear()
            self.runtime, self.fabric = self._engine(self.choice.name)
            self._assemble()
        self.open()

    def close(self) -> None:
        """Take everything down."""
        with self.timeline.lock:
            self._end()
        self.timeline.close()
        self.runtime.close()
        self.fabric.close()

    def kill(self, task: Task, container: str | None) -> list[str]:
        """Kill containers of a task from outside, as a crash would; the names of those killed."""
        alive = [c for c in task.containers if c.last_status is ContainerStatus.RUNNING and c.runtime_id]
        chosen = [c for c in alive if container in (None, c.name)]
        if not chosen:
            names = ", ".join(c.name for c in alive) or "none"
            raise InvalidParameterException(f"No such container is running in the task. Running: {names}.")
        for victim in chosen:
            self.journal.record("fault.kill", task.task_arn, f"container {victim.name} was killed from outside")
            self.runtime.stop(victim.runtime_id or "", force=True)
        return [c.name for c in chosen]

    def log_lines(self, task: Task, container: str | None) -> list[tuple[str, float, str]]:
        """(container, lab time, line) of a task: from CloudWatch Logs with awslogs, else from its agent."""
        definition = self.backend.store.definitions[task.task_definition_arn]
        kept = self.fleet.output(task, container)
        found: list[tuple[str, float, str]] = []
        for part in definition.containers:
            if container not in (None, part.name):
                continue
            log = part.log_configuration
            if log is not None and log.log_driver == "awslogs":
                stream = f"{log.options.get('awslogs-stream-prefix', '')}/{part.name}/{task.task_id}"
                found += [(part.name, at, text) for at, text in logs.read(self.backend.place, log.options, stream)]
            else:
                found += [(name, at, text) for at, name, text in kept if name == part.name]
        return sorted(found, key=lambda line: line[1])


def probe_docker() -> Capabilities:
    """What the docker runtime says of itself here; not available where the SDK is missing."""
    if importlib.util.find_spec("docker") is None:
        return Capabilities(
            name="docker",
            available=False,
            reason="the Python package docker is not installed",
            remedy="Run `make setup`.",
        )
    from ecslab.runtimes.docker import probe

    return probe()


def no_aws(
    service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[int, str]:
    """What a lab without a server gives: no container of it reaches AWS."""
    return failure(502, "EndpointConnection", "Could not connect to AWS: this lab has no server.")


def unreachable(task: Task) -> ContainerRuntimeError:
    """Nothing of this task can be reached."""
    return ContainerRuntimeError(f"task {task.task_id[:8]} has no port that can be reached; is it RUNNING?")
