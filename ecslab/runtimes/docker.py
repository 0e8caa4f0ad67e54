"""The docker runtime: tasks as real containers of any engine that speaks Docker's API.

It obeys the agent and knows nothing of tasks. Invariants: everything it creates carries the lab's label and
its owner's, so that what a dead lab left is swept by the next; no verb waits for a container to change (the
engine's events do that, see ``docker_events``); anything the engine throws leaves as a TaskError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import Ulimit

from ecslab.engine import connect, mine, owner_lives, quietly, translated
from ecslab.errors import (
    CannotCreateContainerError,
    CannotPullContainerError,
    CannotStartContainerError,
    ContainerRuntimeError,
)
from ecslab.images import build
from ecslab.images.catalogue import REPOSITORY, find, missing
from ecslab.model.labels import LABEL_LAB, LABEL_OWNER
from ecslab.model.network import ContainerWiring, Namespace
from ecslab.runtimes.base import (
    FEATURES,
    Capabilities,
    ContainerSpec,
    Held,
    Observed,
    Phase,
    Pretence,
    Usage,
)
from ecslab.runtimes.docker_events import Events, Follower

PROBE_TIMEOUT = 2.0
"""Real seconds that an engine may take to say that it is there."""


def probe() -> Capabilities:
    """Whether an engine answers, and if not, what is missing and what to do."""
    try:
        client = docker.from_env(timeout=PROBE_TIMEOUT)
    except DockerException as failed:
        return _unavailable(failed)
    try:
        version = client.version()
    except (DockerException, requests.exceptions.RequestException) as failed:
        return _unavailable(failed)
    finally:
        client.close()
    if version.get("Os") != "linux":
        return Capabilities(
            name="docker",
            available=False,
            reason="the Docker engine runs Windows containers",
            remedy="Switch Docker Desktop to Linux containers.",
        )
    return Capabilities(
        name="docker",
        available=True,
        reason=f"a Docker engine answers (version {version.get('Version', 'unknown')})",
        enforced=frozenset(FEATURES),
        pretended=_PRETENDED,
    )


_PRETENDED = (
    Pretence(what="EC2 instances", why="the instances are emulated: their containers share this machine's engine"),
    Pretence(what="Fargate", why="Fargate tasks run on this machine's engine, not in a machine of their own"),
)


def _unavailable(failed: Exception) -> Capabilities:
    text = str(failed)
    if "Permission" in text or "EACCES" in text:
        reason = "this user may not use the Docker socket"
        remedy = "Add yourself to the docker group (sudo usermod -aG docker $USER), then log in again."
    elif "FileNotFound" in text or "No such file" in text:
        reason = "Docker is not running or not installed, and DOCKER_HOST is not set"
        remedy = "Start Docker, or install it (Debian/Ubuntu: sudo apt-get install docker.io)."
    else:
        reason = f"the Docker engine does not answer ({text.splitlines()[0][:120]})"
        remedy = "Check that Docker is running: docker info."
    return Capabilities(name="docker", available=False, reason=reason, remedy=remedy)


class DockerRuntime:
    """Containers of one lab on one engine."""

    name = "docker"

    def __init__(self, lab_id: str, home: Path) -> None:
        self.on_change: Callable[[str], None] = lambda container_id: None
        self._lab_id = lab_id
        self._client = connect()
        self._api = self._client.api
        self._here: set[str] = set()
        self._events: Events | None = None

    def probe(self) -> Capabilities:
        """What holds here."""
        return probe()

    def open(self) -> None:
        """Sweep what dead labs left, and begin to listen to the engine."""
        self._sweep(lambda labels: not owner_lives(labels.get(LABEL_OWNER, "")))
        self._events = Events(self._client, self._lab_id, lambda container_id: self.on_change(container_id))
        self._events.start()

    def close(self) -> None:
        """Remove everything of this lab."""
        if self._events is not None:
            self._events.stop()
        try:
            self._sweep(lambda labels: labels.get(LABEL_LAB) == self._lab_id)
        except ContainerRuntimeError:
            return  # the engine is gone, and all of it with it: the next lab sweeps

    def _sweep(self, condemned: Callable[[Mapping[str, str]], bool]) -> None:
        with translated(ContainerRuntimeError):
            for found in self._api.containers(all=True, filters={"label": LABEL_LAB}):
                if condemned(found["Labels"]):
                    self.remove(found["Id"])
            for volume in self._api.volumes(filters={"label": LABEL_LAB}).get("Volumes") or ():
                if condemned(volume.get("Labels") or {}):
                    self._remove_volume(volume["Name"])

    def _remove_volume(self, name: str) -> None:
        quietly(lambda: self._api.remove_volume(name, force=True))

    def pull(self, image: str, labels: Mapping[str, str]) -> bool:
        """Build a lab image, or have the engine fetch any other. CannotPullContainerError."""
        if image in self._here:
            return True
        known = find(image)
        if known is None and image.startswith(REPOSITORY):
            raise CannotPullContainerError(missing(image))
        with translated(CannotPullContainerError):
            if known is not None:
                build.ensure(self._client, known)
            else:
                self._fetch(image)
        self._here.add(image)
        return True

    def _fetch(self, image: str) -> None:
        try:
            self._api.inspect_image(image)
        except ImageNotFound:
            tagged = image if ":" in image.rsplit("/", 1)[-1] or "@" in image else f"{image}:latest"
            try:
                self._client.images.pull(tagged)
            except APIError as refused:
                raise CannotPullContainerError(
                    f"The task can't pull the image '{image}'. Check whether the image exists. {refused.explanation}"
                ) from None

    def create(self, spec: ContainerSpec) -> str:
        """Create a container; the same name gives the same id. CannotCreateContainerError."""
        name = f"{spec.name}-{self._lab_id}"
        with translated(CannotCreateContainerError):
            for mount in spec.mounts:
                self._have_volume(mount.source)
            try:
                return str(self._api.create_container_from_config(self._config(spec), name)["Id"])
            except APIError as refused:
                if refused.status_code != 409:
                    raise
                return str(self._api.inspect_container(name)["Id"])

    def _have_volume(self, source: str) -> None:
        if "/" not in source:
            self._api.create_volume(source, labels=mine(self._lab_id))

    def _config(self, spec: ContainerSpec) -> dict[str, Any]:
        wiring = spec.wiring
        published = {f"{p.container_port}/{p.protocol}": (p.host_address, p.host_port) for p in wiring.publish}
        mode = _network_mode(wiring)
        host: dict[str, Any] = self._api.create_host_config(
            port_bindings=published or None,
            network_mode=mode,
            mem_limit=spec.memory or None,
            memswap_limit=spec.memory or None,
            mem_reservation=spec.memory_reservation or None,
            cpu_shares=spec.cpu_shares,
            nano_cpus=int(spec.cpu_limit * 1e9) or None,
            read_only=spec.read_only,
            init=spec.init or None,
            privileged=spec.privileged,
            extra_hosts=dict(wiring.hosts) or None,
            ulimits=[Ulimit(name=name, soft=soft, hard=hard) for name, soft, hard in spec.ulimits] or None,
            binds=[f"{m.source}:{m.target}:{'ro' if m.read_only else 'rw'}" for m in spec.mounts] or None,
        )
        config: dict[str, Any] = self._api.create_container_config(
            image=spec.image,
            command=list(spec.command) if spec.command else None,
            entrypoint=list(spec.entry_point) if spec.entry_point else None,
            environment=dict(spec.environment),
            user=spec.user or None,
            working_dir=spec.working_directory or None,
            ports=[(p.container_port, p.protocol) for p in wiring.publish] or None,
            labels={**spec.labels, **mine(self._lab_id)},
            host_config=host,
            networking_config=self._endpoint(wiring),
        )
        return config

    def _endpoint(self, wiring: ContainerWiring) -> Any:
        """The fixed address of a container on its network, where it has one."""
        if wiring.namespace is not Namespace.OWN or not wiring.network or not wiring.address:
            return None
        own = self._api.create_endpoint_config(ipv4_address=wiring.address)
        return self._api.create_networking_config({wiring.network: own})

    def start(self, container_id: str) -> None:
        """Start a container. CannotStartContainerError."""
        with translated(CannotStartContainerError):
            self._api.start(container_id)

    def stop(self, container_id: str, *, force: bool = False) -> None:
        """Send the image's stop signal, or SIGKILL; nothing for one that does not run."""
        with translated(ContainerRuntimeError):
            try:
                signal = "SIGKILL" if force else self._stop_signal(container_id)
                self._api.kill(container_id, signal)
            except NotFound:
                return
            except APIError as refused:
                if refused.status_code != 409:  # 409: it is not running any more
                    raise

    def _stop_signal(self, container_id: str) -> str:
        return self._api.inspect_container(container_id)["Config"].get("StopSignal") or "SIGTERM"

    def inspect(self, container_id: str) -> Observed:
        """The container as the engine sees it; GONE for an unknown id."""
        with translated(ContainerRuntimeError):
            try:
                found = self._api.inspect_container(container_id)
            except NotFound:
                return Observed(phase=Phase.GONE)
        state = found["State"]
        if state["Status"] in ("running", "paused", "restarting"):
            return Observed(phase=Phase.RUNNING, image_digest=found["Image"])
        if state["Status"] == "created" and not state.get("Error"):
            return Observed(phase=Phase.CREATED, image_digest=found["Image"])
        killed = bool(state.get("OOMKilled"))
        return Observed(
            phase=Phase.EXITED,
            exit_code=137 if killed else int(state["ExitCode"]),
            out_of_memory=killed,
            error=state.get("Error") or "",
            image_digest=found["Image"],
        )

    def remove(self, container_id: str) -> None:
        """Kill if need be and delete; nothing for an unknown id."""
        with translated(ContainerRuntimeError):
            quietly(lambda: self._api.remove_container(container_id, v=True, force=True))

    def held(self) -> tuple[Held, ...]:
        """This lab's containers, keepers of namespaces included."""
        with translated(ContainerRuntimeError):
            found = self._api.containers(all=True, filters={"label": f"{LABEL_LAB}={self._lab_id}"})
        return tuple(
            Held(container_id=c["Id"], name=c["Names"][0].lstrip("/"), labels=c["Labels"]) for c in found if c["Names"]
        )

    def execute(self, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """Run a command inside; 124 after ``timeout`` real seconds."""
        with translated(ContainerRuntimeError):
            try:
                return Events.execute(self._api, container_id, command, timeout)
            except APIError as refused:
                return 126, refused.explanation or str(refused)

    def follow(self, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        """Hand over every line, from a thread of its own."""
        Follower(self._api, container_id, on_line, on_end).start()

    def measure(self, container_id: str) -> Usage:
        """What the container uses now."""
        with translated(ContainerRuntimeError):
            stats = self._api.stats(container_id, stream=False, one_shot=True)
        memory = stats.get("memory_stats") or {}
        return Usage(
            cpu_seconds=(stats.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage", 0) / 1e9,
            memory=int(memory.get("usage") or 0) - int((memory.get("stats") or {}).get("inactive_file") or 0),
        )


def _network_mode(wiring: ContainerWiring) -> str | None:
    if wiring.namespace is Namespace.NONE:
        return "none"
    if wiring.namespace is Namespace.JOINED:
        return f"container:{wiring.joins}"
    return wiring.network or None
