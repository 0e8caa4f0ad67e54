"""The verbs of the process runtime.

It runs the lab's own images and nothing else, and it isolates nothing: ``probe`` says what is only pretended.
Invariants: every process dies with the lab server, however that ends; after ``close`` no process and no folder is
left; no lock is held while anybody is called.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecslab.errors import (
    CannotCreateContainerError,
    CannotPullContainerError,
    CannotStartContainerError,
    ContainerRuntimeError,
)
from ecslab.images import catalogue
from ecslab.images.catalogue import LabImage
from ecslab.model.labels import LABEL_LAB, LABEL_OWNER
from ecslab.runtimes.base import Capabilities, ContainerSpec, Held, Observed, Phase, Pretence, Usage
from ecslab.runtimes.process import launch, leftovers
from ecslab.runtimes.process.child import Child
from ecslab.runtimes.process.output import Output
from ecslab.runtimes.process.watch import Watch

LIMIT_OF_REMOVE = 10.0
"""Real seconds a killed process may take to be gone."""
PRETENDED = (
    Pretence(what="any image", why="only the lab's own images run without Docker"),
    Pretence(what="cpu shares", why="the processes share the CPUs of this machine evenly"),
    Pretence(what="task cpu limit", why="a process may use as much CPU as there is"),
    Pretence(what="read-only root filesystem", why="a process sees the files of this machine"),
    Pretence(what="user", why="every process runs as the user who started the lab"),
    Pretence(what="network namespace", why="a task has an address of its own, but everything here can reach it"),
    Pretence(what="volumes", why="a process sees the files of this machine; nothing is mounted"),
)


@dataclass(slots=True, kw_only=True, eq=False)
class _Container:
    container_id: str
    spec: ContainerSpec
    image: LabImage
    folder: Path
    output: Output
    labels: Mapping[str, str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    child: Child | None = None
    commands: set[Child] = field(default_factory=set)
    """What ``execute`` runs in it now; it dies with the container."""


class ProcessRuntime:
    """Containers as processes of this user, in folders under ``home``."""

    name = "process"

    def __init__(self, lab_id: str, home: Path) -> None:
        self.on_change: Callable[[str], None] = lambda container_id: None
        self._lab_id = lab_id
        self._all_folders = home / "containers"
        self._owner = leftovers.owner_name(lab_id)
        self._folder = self._all_folders / self._owner
        self._lock = threading.Lock()
        self._containers: dict[str, _Container] = {}
        self._by_name: dict[str, str] = {}
        self._watch: Watch | None = None
        self._owner_pipe: tuple[int, int] | None = None

    def probe(self) -> Capabilities:
        """Available wherever Python is; what it cannot do is said."""
        enforced = {"memory limit"}
        pretended = list(PRETENDED)
        for feature, address, port, why in (
            (
                "awsvpc address",
                "127.1.255.254",
                0,
                "this machine has one loopback address; tasks get ports of their own",
            ),
            ("privileged ports", "127.0.0.1", 80, "this user may not bind ports below 1024; they are moved up by 8000"),
        ):
            if _can_bind(address, port):
                enforced.add(feature)
            else:
                pretended.append(Pretence(what=feature, why=why))
        return Capabilities(
            name=self.name,
            available=True,
            reason="the lab's own images run as local processes; Docker is not needed",
            remedy="Install and start Docker to run any image.",
            enforced=frozenset(enforced),
            pretended=tuple(pretended),
        )

    def open(self) -> None:
        """Clean up after dead labs, and prepare."""
        leftovers.sweep(self._all_folders)
        launch.install_program(self._programs)
        if self._watch is None:
            self._watch = Watch()
            self._owner_pipe = os.pipe()

    def close(self) -> None:
        """End every process, and remove every folder."""
        for container_id in list(self._containers):
            self.remove(container_id)
        watch, self._watch = self._watch, None
        pipe, self._owner_pipe = self._owner_pipe, None
        if watch is not None:
            watch.close()
        for fd in pipe or ():
            os.close(fd)
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._all_folders.is_dir() and not any(self._all_folders.iterdir()):
            shutil.rmtree(self._all_folders, ignore_errors=True)

    @property
    def _programs(self) -> Path:
        return self._folder / "bin"

    def pull(self, image: str, labels: Mapping[str, str]) -> bool:
        """Always here, if it is the lab's own; CannotPullContainerError for any other image."""
        if catalogue.find(image) is None:
            raise CannotPullContainerError(
                f"The task can't pull the image '{image}'. The process runtime has only the lab's own images: "
                f"{catalogue.names()}. Use one of them, or start the lab with Docker to run any image."
            )
        return True

    def create(self, spec: ContainerSpec) -> str:
        """The container's id; CannotCreateContainerError."""
        image = catalogue.find(spec.image)
        if image is None:
            raise CannotCreateContainerError(f"No such image: {spec.image}")
        with self._lock:
            known = self._by_name.get(spec.name)
            if known is not None:
                return known
            container_id = secrets.token_hex(32)
            self._containers[container_id] = self._make(container_id, spec, image)
            self._by_name[spec.name] = container_id
            return container_id

    def _make(self, container_id: str, spec: ContainerSpec, image: LabImage) -> _Container:
        folder = self._folder / container_id[:32]
        try:
            folder.mkdir(parents=True)
            output = Output(folder / "output.log")
        except OSError as error:
            raise CannotCreateContainerError(f"no folder for it: {error}. Is the disk full?") from error
        labels = {**spec.labels, LABEL_LAB: self._lab_id, LABEL_OWNER: self._owner}
        return _Container(
            container_id=container_id, spec=spec, image=image, folder=folder, output=output, labels=labels
        )

    def start(self, container_id: str) -> None:
        """Start the process; CannotStartContainerError."""
        container = self._containers.get(container_id)
        watch, pipe = self._watch, self._owner_pipe
        if container is None or watch is None or pipe is None:
            raise CannotStartContainerError(f"No such container: {container_id[:12]}")
        with container.lock:
            if container.child is not None:
                return
            child = container.child = self._launch(container, pipe[0])
        spec = container.spec
        watch.add(child, container.output, limit=spec.memory, on_exit=lambda: self._exited(container))

    def _launch(self, container: _Container, owner_fd: int) -> Child:
        spec = container.spec
        words = launch.words_of(container.image, spec)
        try:
            child = self._child(container, words, owner_fd)
            leftovers.write_state(container.folder, child.pid)
        except OSError as error:
            raise CannotStartContainerError(f"the process could not be started: {error}") from error
        return child

    def _child(self, container: _Container, words: tuple[str, ...], owner_fd: int) -> Child:
        spec = container.spec
        child = Child(
            launch.arguments(owner_fd, words, init=spec.init),
            environment=launch.environment(container.image, spec, self._programs, container.folder),
            folder=launch.directory(container.folder, spec.working_directory),
            owner_fd=owner_fd,
        )
        child.alone = words[0] == "app"
        return child

    def _exited(self, container: _Container) -> None:
        for child in list(container.commands):
            child.kill()
        self.on_change(container.container_id)

    def stop(self, container_id: str, *, force: bool = False) -> None:
        """SIGTERM to the main process, or SIGKILL to all of them."""
        container = self._containers.get(container_id)
        if container is None or container.child is None:
            return
        if force:
            container.child.kill()
        else:
            container.child.terminate()

    def inspect(self, container_id: str) -> Observed:
        """What it is doing."""
        container = self._containers.get(container_id)
        if container is None:
            return Observed(phase=Phase.GONE)
        child, digest = container.child, container.image.digest
        if child is None:
            return Observed(phase=Phase.CREATED, image_digest=digest)
        if child.exit_code is None:
            return Observed(phase=Phase.RUNNING, image_digest=digest)
        return Observed(
            phase=Phase.EXITED, exit_code=child.exit_code, out_of_memory=child.out_of_memory, image_digest=digest
        )

    def remove(self, container_id: str) -> None:
        """Kill it, and delete its folder."""
        with self._lock:
            container = self._containers.pop(container_id, None)
            if container is not None:
                self._by_name.pop(container.spec.name, None)
        if container is None:
            return
        child, watch = container.child, self._watch
        if child is None or watch is None:
            container.output.end()
        else:
            child.kill()
            child.reaped.wait(timeout=LIMIT_OF_REMOVE)
            watch.finish(child, container.output)
        shutil.rmtree(container.folder, ignore_errors=True)

    def held(self) -> tuple[Held, ...]:
        """Every container of this lab (none outlives its server)."""
        with self._lock:
            return tuple(
                Held(container_id=c.container_id, name=c.spec.name, labels=c.labels) for c in self._containers.values()
            )

    # Powers

    def execute(self, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """(exit code, output) of a command with the container's environment; 124 after ``timeout`` real seconds."""
        container, pipe = self._containers.get(container_id), self._owner_pipe
        if container is None or pipe is None or self.inspect(container_id).phase is not Phase.RUNNING:
            return 126, "the container is not running"
        try:
            child = self._child(container, launch.runnable(command), pipe[0])
        except CannotStartContainerError as error:
            return 127, error.detail
        except OSError as error:
            return 126, str(error)
        container.commands.add(child)
        code, output = child.communicate(timeout)
        container.commands.discard(child)
        return (124, f"{output}\nit took longer than {timeout:g} s") if code is None else (code, output)

    def follow(self, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        """Its output from the first line, on the watch's thread."""
        container, watch = self._containers.get(container_id), self._watch
        if container is None or watch is None:
            on_end()
        else:
            watch.tell(lambda: container.output.follow(on_line, on_end))

    def measure(self, container_id: str) -> Usage:
        """What its processes use; ContainerRuntimeError when there is none."""
        container = self._containers.get(container_id)
        if container is None or container.child is None:
            raise ContainerRuntimeError(f"container {container_id[:12]} is not running")
        return container.child.usage()


def _can_bind(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            return False
        except OSError:
            return port != 0
    return True
