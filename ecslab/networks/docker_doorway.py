"""The doorway of one lab on Docker: the container through which 169.254.170.2 is the ECS agent inside every task.

It starts the program ``images/doorway.py`` when the first task needs it and tells it which namespaces to open, over its
attached stdin: a lab server that dies takes the doorway with it. It knows no task and carries no byte itself.
Invariant: where the engine allows no doorway, or there is nothing to reach, ``ready`` says False.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Any

from docker.errors import APIError, DockerException

from ecslab.engine import LOST, mine, quietly
from ecslab.errors import TaskError
from ecslab.images import build
from ecslab.images.catalogue import DOORWAY
from ecslab.model.labels import LABEL_KEEPER
from ecslab.model.network import Doors

AGENT = "http://169.254.170.2"
AWS = "http://169.254.170.2:4510"
"""What a container dials (the program listens there)."""
GATEWAY = "host.docker.internal"
"""This machine, as a container sees it where the engine is in a machine of its own."""
PATIENCE = 15.0
"""Real seconds to start, and for one answer."""
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE")
"""To enter a namespace, to join it to another, and to see those of other users' processes. Less than privileged: some
engines that live in a container themselves cannot give everything."""
PROGRAM = ("python3", "-I", "-S", "/usr/local/lib/ecslab/doorway.py")


class Doorway:
    """One lab's doorway. Every verb may be called from any thread."""

    def __init__(self, client: Any, lab_id: str, doors: Doors) -> None:
        self.refused = ""
        """Why there is none, in words for the learner."""
        self.local = True
        """Whether the engine's network is this machine's."""
        self._client = client
        self._api = client.api
        self._lab_id = lab_id
        self._doors = doors
        self._lock = threading.Lock()
        self._started: threading.Thread | None = None
        self._container = ""
        self._socket: socket.socket | None = None
        self._waiting: dict[str, Future[str]] = {}
        self._closed = False

    def begin(self) -> None:
        """Start it, beside whatever else is done; nothing when it has been started or nobody is to be reached."""
        with self._lock:
            if self._started is None and not self._closed and (self._doors.agent or self._doors.aws):
                self._started = threading.Thread(target=self._start, name="ecslab-docker-doorway", daemon=True)
                self._started.start()

    def ready(self) -> bool:
        """Whether it is there; waits for the first one to start."""
        self.begin()
        if self._started is None:
            return False
        self._started.join(2 * PATIENCE + build.SILENCE)
        return self._socket is not None and not self._closed

    def open(self, container_id: str) -> bool:
        """Open the door of a running container's namespace; again is nothing. False where there is none."""
        if not self.ready():
            return False
        try:
            pid = int(self._api.inspect_container(container_id)["State"]["Pid"] or 0)
            return pid > 0 and not self._ask({"open": container_id, "pid": pid}, container_id)
        except (DockerException, *LOST, OSError, TooLate):
            return False  # the container has ended, or the doorway was removed by hand

    def shut(self, container_id: str) -> None:
        """Close it; nothing for one that is not open."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._send({"close": container_id})

    def close(self) -> None:
        """Take it away."""
        self._closed = True
        if self._started is not None:
            self._started.join(PATIENCE)
        connection, self._socket = self._socket, None
        if connection is not None:
            _disconnect(connection)
        if self._container:
            quietly(lambda: self._api.remove_container(self._container, v=True, force=True))

    @property
    def wiring(self) -> tuple[str, str]:
        """(agent, aws) as a container dials them; empty where that cannot be reached."""
        if not self.ready():
            return "", ""
        return AGENT if self._doors.agent else "", AWS if self._doors.aws else ""

    # starting

    def _start(self) -> None:
        try:
            build.ensure(self._client, DOORWAY)
            hello: Future[str] = Future()
            self._waiting[""] = hello
            self._connect()
            self.refused = hello.result(PATIENCE)
        except (APIError, TaskError) as problem:
            self.refused = str(getattr(problem, "explanation", None) or problem)
        except (DockerException, *LOST, OSError, TooLate) as problem:
            self.refused = str(problem) or "it did not answer"
        if self.refused and self._socket is not None:
            _disconnect(self._socket)
            self._socket = None
        if self.refused and self._container:
            with contextlib.suppress(DockerException, *LOST):
                quietly(lambda: self._api.remove_container(self._container, v=True, force=True))

    def _connect(self) -> None:
        name = f"ecslab-doorway-{uuid.uuid4().hex[:12]}-{self._lab_id}"
        self._container = str(self._api.create_container_from_config(self._body(), name)["Id"])
        attached = self._api.attach_socket(self._container, params={"stdin": 1, "stdout": 1, "stream": 1})
        connection: socket.socket = getattr(attached, "_sock", attached)
        connection.settimeout(None)
        self._socket = connection
        threading.Thread(
            target=self._listen, args=(attached, connection), name="ecslab-docker-doorway-answers", daemon=True
        ).start()
        self._api.start(self._container)

    def _body(self) -> dict[str, Any]:
        """It ends with its stdin, and the engine removes it then."""
        host = {
            "NetworkMode": "host" if self.local else "bridge",
            "PidMode": "host",
            "CapAdd": list(CAPABILITIES),
            "SecurityOpt": ["apparmor=unconfined", "label=disable"],
            "AutoRemove": True,
            "LogConfig": {"Type": "none"},
            "ExtraHosts": [] if self.local else [f"{GATEWAY}:host-gateway"],
        }
        return {
            "Image": DOORWAY.reference,
            "Entrypoint": list(PROGRAM),
            "Cmd": [self._target(self._doors.agent), self._target(self._doors.aws)],
            "Labels": {**mine(self._lab_id), LABEL_KEEPER: "doorway"},
            "OpenStdin": True,
            "StdinOnce": True,
            "AttachStdin": True,
            "AttachStdout": True,
            "HostConfig": host,
        }

    def _target(self, url: str) -> str:
        """host:port of the lab server, as the doorway dials it."""
        host, _, port = url.rpartition("//")[2].strip("/").rpartition(":")
        return f"{host if self.local else GATEWAY}:{port}" if port else ""

    # asking

    def _ask(self, what: dict[str, Any], name: str) -> str:
        """What went wrong, empty when nothing did. OSError, TooLate."""
        with self._lock:
            answer = self._waiting.setdefault(name, Future())
        self._send(what)
        return answer.result(PATIENCE)

    def _send(self, what: dict[str, Any]) -> None:
        connection = self._socket
        if connection is None:
            raise OSError("the doorway is closed")
        with self._lock:
            connection.sendall(json.dumps(what).encode() + b"\n")

    def _listen(self, attached: Any, connection: socket.socket) -> None:
        """Hand each line of the program to who waits for it. ``attached`` is held: it owns the connection."""
        text = b""
        with contextlib.suppress(OSError):
            while True:
                kind, size = struct.unpack(">BxxxL", _exactly(connection, 8))
                text += _exactly(connection, size) if kind == 1 else _exactly(connection, size)[:0]
                *lines, text = text.split(b"\n")
                for line in lines:
                    self._heard(json.loads(line))
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
            self._socket = None
            if not self._closed and not self.refused:
                self.refused = "its container has been removed; reset the lab to have a new one"
        for answer in waiting:
            answer.set_exception(OSError("the doorway has ended"))
        attached.close()

    def _heard(self, said: dict[str, str]) -> None:
        with self._lock:
            answer = self._waiting.pop(said["id"], None)
        if answer is not None:
            answer.set_result(said.get("error", ""))


def _exactly(connection: socket.socket, size: int) -> bytes:
    """OSError at the end."""
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise OSError("the doorway has ended")
        got += more
    return got


def _disconnect(connection: socket.socket) -> None:
    """Both ways, so that who listens wakes."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
