"""Serving a lab: the process from start to stop, and the file by which clients find it.

``<home>/server.json`` exists exactly while the server answers. The server ends on ``shutdown``, SIGTERM or
SIGINT, and when the process that owns it is gone; it then leaves nothing behind.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
from werkzeug.serving import BaseWSGIServer

from ecslab.checks.registry import Registry
from ecslab.errors import LabAlreadyRunning
from ecslab.model.network import Doors
from ecslab.server.agent_door import AgentDoor
from ecslab.server.api import LabApi
from ecslab.server.http import FrontDoor, bind, listen
from ecslab.server.openlab import OpenLab
from ecslab.server.outside import SimulatedSdk

DEFAULT_PORT = 4510
OWNER_LOOK = 1.0
"""Real seconds between two looks at whether the owner is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How to serve. ``port`` 0 is any free one; ``owner_pid`` the process with which the server ends."""

    home: Path
    port: int = DEFAULT_PORT
    runtime: str = "auto"
    time: str = "real"
    labs: Path | None = None
    owner_pid: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What ``server.json`` says of a running server."""

    lab: str
    endpoint: str
    port: int
    pid: int
    pid_started: float
    runtime: str
    runtime_reason: str
    time: str
    log: str
    pretended: tuple[tuple[str, str], ...] = ()


def collect_seldom() -> None:
    """Have Python look for garbage in cycles seldom: each look is at every object of the lab, and there is little."""
    gc.set_threshold(20_000, 20, 20)


def serve(options: ServerOptions, on_ready: Callable[[ServerInfo], None]) -> None:
    """Serve until told to stop. LabAlreadyRunning, PortTaken, RuntimeUnavailable before anything is started."""
    options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = options.home / "server.json"
    refuse_second(file)
    collect_seldom()
    listening, agents = listen(options.port), listen(0)
    lab = OpenLab(
        lab_id=secrets.token_hex(4),
        runtime=options.runtime,
        time=options.time,
        home=options.home,
        seed=options.seed,
        doors=Doors(agent=_url(agents), aws=_url(listening)),
    )
    stop = threading.Event()
    info = _info(lab, listening.getsockname()[1], options)
    api = LabApi(
        lab,
        Registry(options.labs or default_labs(), lab.journal.record),
        lambda: _described(info),
        stop.set,
    )
    servers = open_doors(lab, api, listening, agents)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True) for server in servers
    ]
    try:
        lab.open()
        for thread in threads:
            thread.start()
        _stop_on_signals(stop)
        write_atomically(file, json.dumps(asdict(info)))
        on_ready(info)
        _wait(stop, options.owner_pid)
    finally:
        file.unlink(missing_ok=True)
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown() if thread.is_alive() else None
            server.server_close()
        lab.close()


def open_doors(
    lab: OpenLab, api: LabApi, listening: socket.socket, agents: socket.socket
) -> tuple[BaseWSGIServer, ...]:
    """The two HTTP servers of a lab, AWS's and the agents', which still have to be run."""
    door = FrontDoor(api, lab.timeline, lambda: _sync(lab))
    lab.aws = SimulatedSdk(door.aws, lambda path: lab.fleet.endpoint.answer(path)).call
    return bind(listening, door), bind(agents, AgentDoor(lambda *asked: lab.fleet.endpoint.answer(*asked)))


def _sync(lab: OpenLab) -> None:
    """After a call to EC2 there may be instances that have come or gone."""
    lab.timeline.call_soon(lab.fleet.sync)


def _url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def _info(lab: OpenLab, port: int, options: ServerOptions) -> ServerInfo:
    return ServerInfo(
        lab=lab.lab_id,
        endpoint=f"http://127.0.0.1:{port}",
        port=port,
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
        runtime=lab.choice.name,
        runtime_reason=lab.choice.reason,
        time=lab.timeline.kind,
        log=str(options.home / "server.log"),
        pretended=tuple((p.what, p.why) for p in lab.capabilities.pretended),
    )


def _described(info: ServerInfo) -> dict[str, Any]:
    from importlib.metadata import version

    return {"endpoint": info.endpoint, "pid": info.pid, "version": version("ecslab")}


def _stop_on_signals(stop: threading.Event) -> None:
    def heard(number: int, frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, heard)


def _wait(stop: threading.Event, owner_pid: int | None) -> None:
    owner = _process(owner_pid)
    while not stop.wait(OWNER_LOOK):
        if owner_pid is not None and (
            owner is None or not owner.is_running() or owner.status() == psutil.STATUS_ZOMBIE
        ):
            return


def _process(pid: int | None) -> psutil.Process | None:
    try:
        return psutil.Process(pid) if pid is not None else None
    except psutil.NoSuchProcess:
        return None


def refuse_second(file: Path) -> None:
    """LabAlreadyRunning when ``file`` tells of a server that is alive; a dead one's file is removed."""
    try:
        known = json.loads(file.read_text())
        alive = abs(psutil.Process(known["pid"]).create_time() - known["pid_started"]) < 1
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        file.unlink(missing_ok=True)
        return
    if alive:
        raise LabAlreadyRunning(
            f"A lab server is already running at {known['endpoint']} (process {known['pid']}).",
            "Use it, or stop it first with `ecslab stop`.",
        )
    file.unlink(missing_ok=True)


def write_atomically(file: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(file)


def default_labs() -> Path:
    """``$ECSLAB_LABS``, else the labs folder of this checkout, or ``./labs`` for an installed package."""
    told = os.environ.get("ECSLAB_LABS")
    if told:
        return Path(told)
    beside = Path(__file__).resolve().parents[2] / "labs"
    return beside if beside.is_dir() else Path.cwd() / "labs"
