"""The verbs of the docker runtime.

It obeys the agent and knows nothing of tasks. Invariants: everything it creates carries the lab's label and
its owner's, so that what a dead lab left is swept by the next; no verb waits for a container to change (the
engine's events do that); anything the engine throws leaves as a TaskError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from ecslab.engine import connect, mine, owner_lives, quietly, remove_containers, translated
from ecslab.errors import CannotCreateContainerError, CannotStartContainerError, ContainerRuntimeError
from ecslab.model.labels import LABEL_KEEPER, LABEL_LAB, LABEL_OWNER
from ecslab.runtimes.base import Capabilities, ContainerSpec, Held, Observed, Phase, Usage
from ecslab.runtimes.docker.configuration import body
from ecslab.runtimes.docker.events import Events
from ecslab.runtimes.docker.output import execute, follow
from ecslab.runtimes.docker.probing import probe
from ecslab.runtimes.docker.pulls import Pulls

KILLED = 137
CONFLICT = 409
"""The engine's answer where the container is not in a state for what is asked."""


class DockerRuntime:
    """Containers of one lab on one engine."""

    name = "docker"

    def __init__(self, lab_id: str, home: Path) -> None:
        self.on_change: Callable[[str], None] = lambda container_id: None
        self._lab_id = lab_id
        self._client = connect()
        self._api = self._client.api
        self._labels = mine(lab_id)
        self._pulls = Pulls(self._client)
        self._events = Events(self._api, lab_id, lambda container_id: self.on_change(container_id))
        self._cpus = 0
        self._started: dict[str, str] = {}
        """When each measured container started, in the engine's words."""

    def probe(self) -> Capabilities:
        """What holds here."""
        return probe()

    def open(self) -> None:
        """Sweep what dead labs left, and begin to listen to the engine."""
        with translated(ContainerRuntimeError):
            self._cpus = int(self._api.info().get("NCPU") or 0)
        self._sweep(lambda labels: not owner_lives(labels.get(LABEL_OWNER, "")))
        self._events.start()

    def close(self) -> None:
        """Remove everything of this lab."""
        self._events.stop()
        try:
            self._sweep(lambda labels: labels.get(LABEL_LAB) == self._lab_id)
        except ContainerRuntimeError:
            return  # the engine is gone, and all of it with it: the next lab sweeps

    def _sweep(self, condemned: Callable[[Mapping[str, str]], bool]) -> None:
        with translated(ContainerRuntimeError):
            found = self._api.containers(all=True, filters={"label": LABEL_LAB})
            remove_containers(self._api, (c["Id"] for c in found if condemned(c["Labels"])))
            for volume in self._api.volumes(filters={"label": LABEL_LAB}).get("Volumes") or ():
                if condemned(volume.get("Labels") or {}):
                    self._remove_volume(volume["Name"])

    def _remove_volume(self, name: str) -> None:
        quietly(lambda: self._api.remove_volume(name, force=True))

    def pull(self, image: str, labels: Mapping[str, str]) -> bool:
        """Build a lab image, or have the engine fetch any other. CannotPullContainerError."""
        return self._pulls.ask(image)

    def create(self, spec: ContainerSpec) -> str:
        """Create a container; the same name gives the same id. CannotCreateContainerError."""
        name = f"{spec.name}-{self._lab_id}"
        with translated(CannotCreateContainerError):
            for mount in spec.mounts:
                if "/" not in mount.source:
                    self._api.create_volume(mount.source, labels=self._labels)
            try:
                made = self._api.create_container_from_config(body(spec, self._labels, self._cpus), name)
            except NotFound:
                self._pulls.forget(spec.image)  # removed by hand since it was pulled: the next task pulls it anew
                raise
            except APIError as refused:
                if refused.status_code != CONFLICT:
                    raise
                made = self._api.inspect_container(name)
        return str(made["Id"])

    def start(self, container_id: str) -> None:
        """Start a container. CannotStartContainerError."""
        with translated(CannotStartContainerError):
            self._api.start(container_id)

    def stop(self, container_id: str, *, force: bool = False) -> None:
        """Send the image's stop signal, or SIGKILL; nothing for one that does not run."""
        with translated(ContainerRuntimeError):
            quietly(lambda: self._api.kill(container_id, "SIGKILL" if force else self._stop_signal(container_id)))

    def _stop_signal(self, container_id: str) -> str:
        return self._api.inspect_container(container_id)["Config"].get("StopSignal") or "SIGTERM"

    def inspect(self, container_id: str) -> Observed:
        """The container as the engine sees it; GONE for an unknown id."""
        with translated(ContainerRuntimeError):
            try:
                found = self._api.inspect_container(container_id)
            except NotFound:
                return Observed(phase=Phase.GONE)
        state, digest = found["State"], found["Image"]
        if state["Status"] in ("running", "paused", "restarting"):
            return Observed(phase=Phase.RUNNING, image_digest=digest)
        if state["Status"] == "created" and not state.get("Error"):
            return Observed(phase=Phase.CREATED, image_digest=digest)
        code = int(state["ExitCode"])
        told = code == KILLED and found["Id"] in self._events.out_of_memory
        return Observed(
            phase=Phase.EXITED,
            exit_code=code,
            out_of_memory=told or bool(state.get("OOMKilled")),
            error=state.get("Error") or "",
            image_digest=digest,
        )

    def remove(self, container_id: str) -> None:
        """Kill if need be and delete; nothing for an unknown id."""
        self._started.pop(container_id, None)
        with translated(ContainerRuntimeError):
            quietly(lambda: self._api.remove_container(container_id, v=True, force=True))

    def held(self) -> tuple[Held, ...]:
        """This lab's containers; those that only keep a namespace are the fabric's."""
        with translated(ContainerRuntimeError):
            found = self._api.containers(all=True, filters={"label": f"{LABEL_LAB}={self._lab_id}"})
        return tuple(
            Held(container_id=c["Id"], name=c["Names"][0].lstrip("/"), labels=c["Labels"])
            for c in found
            if c["Names"] and LABEL_KEEPER not in c["Labels"]
        )

    def execute(self, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """Run a command inside; 124 after ``timeout`` real seconds, 126 where the engine refuses."""
        with translated(ContainerRuntimeError):
            try:
                return execute(self._api, container_id, command, timeout)
            except APIError as refused:
                return 126, refused.explanation or str(refused)

    def follow(self, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        """Hand over every line, from a thread of its own."""
        follow(self._api, container_id, on_line, on_end)

    def measure(self, container_id: str) -> Usage:
        """What the container uses now; nothing for one that does not run. Memory without the page cache."""
        with translated(ContainerRuntimeError):
            stats = self._stats(container_id)
        memory, cpu = stats.get("memory_stats") or {}, (stats.get("cpu_stats") or {}).get("cpu_usage") or {}
        cache = (memory.get("stats") or {}).get("total_inactive_file") or (memory.get("stats") or {}).get(
            "inactive_file"
        )
        return Usage(
            cpu_seconds=cpu.get("total_usage", 0) / 1e9,
            memory=max(0, int(memory.get("usage") or 0) - int(cache or 0)),
            running_for=self._running_for(container_id, str(stats.get("read") or "")),
        )

    def _running_for(self, container_id: str, read: str) -> float:
        """Seconds from the container's start to a reading, both by the engine's clock; 0 where it says neither."""
        if container_id not in self._started:
            with translated(ContainerRuntimeError):
                self._started[container_id] = self._api.inspect_container(container_id)["State"]["StartedAt"]
        try:
            return max(0.0, (_time(read) - _time(self._started[container_id])).total_seconds())
        except ValueError:
            return 0.0

    def _stats(self, container_id: str) -> Mapping[str, Any]:
        old = tuple(int(part) for part in self._api.api_version.split(".")) < (1, 41)
        found: Mapping[str, Any] = self._api.stats(container_id, stream=False, one_shot=None if old else True)
        return found


def _time(text: str) -> datetime:
    """A time as the engine writes it (to the nanosecond). ValueError."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{(fraction + '000000')[:6]}+00:00")
