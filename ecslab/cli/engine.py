"""Is there a Docker engine, and if not, what exactly is missing? Asked over its socket, without Docker's SDK.

It knows nothing of the docker runtime; ``doctor`` uses it to say what to install or start. Invariant: it only looks.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LOOK_SECONDS = 3.0
PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Engine:
    """Whether an engine answers; ``words`` says what was found, ``remedy`` the command that would help."""

    answers: bool
    words: str
    remedy: str = ""


def look() -> Engine:
    """Look where Docker's own client would (``$DOCKER_HOST``), then at the usual sockets."""
    host = os.environ.get("DOCKER_HOST", "")
    if host and not host.startswith("unix://"):
        return _over_tcp(host)
    places = [Path(host.removeprefix("unix://"))] if host else _usual_places()
    there = [place for place in places if place.exists()]
    for place in there:
        found = _over_unix(place)
        if found.answers or place == there[-1]:
            return found
    return _absent(host)


def _usual_places() -> list[Path]:
    user = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    home = Path.home()
    return [
        Path("/var/run/docker.sock"),
        home / ".docker/run/docker.sock",
        home / ".colima/default/docker.sock",
        Path(user) / "docker.sock",
        Path(user) / "podman/podman.sock",
    ]


def _over_unix(place: Path) -> Engine:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(LOOK_SECONDS)
            line.connect(str(place))
            return _asked(line, str(place))
    except PermissionError:
        return Engine(
            False,
            f"an engine is at {place}, but you may not use it",
            "Run `sudo usermod -aG docker $USER`, then log out and in again.",
        )
    except OSError as failed:
        return Engine(False, f"{place} is there, but nothing answers ({failed.strerror or failed})", _start())


def _over_tcp(host: str) -> Engine:
    parts = urlsplit(host)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 2375), LOOK_SECONDS) as line:
            return _asked(line, host)
    except (OSError, ValueError) as failed:
        return Engine(False, f"DOCKER_HOST is {host}, which does not answer ({failed})", "Run `unset DOCKER_HOST`.")


def _asked(line: socket.socket, where: str) -> Engine:
    line.sendall(PING)
    answer = line.recv(64)
    if b" 200 " in answer:
        return Engine(True, f"a Docker engine answers at {where}")
    return Engine(False, f"what answers at {where} is not a Docker engine", _start())


def _absent(host: str) -> Engine:
    if host:
        return Engine(False, f"DOCKER_HOST is {host}, which does not exist", "Run `unset DOCKER_HOST`.")
    if shutil.which("docker") or shutil.which("dockerd"):
        return Engine(False, "Docker is installed, but its engine is not running", _start())
    return Engine(False, "Docker is not installed", _install())


def _start() -> str:
    if sys.platform == "darwin":
        return "Run `open -a Docker` (or `colima start`) and wait until it is ready."
    systemd = Path("/run/systemd/system").is_dir()
    return "Run `sudo systemctl start docker`." if systemd else "Run `sudo service docker start` (or `sudo dockerd &`)."


def _install() -> str:
    if sys.platform == "darwin":
        return "Run `brew install --cask docker`, then `open -a Docker`."
    for tool, command in (
        ("apt-get", "sudo apt-get install docker.io && sudo usermod -aG docker $USER"),
        ("dnf", "sudo dnf install moby-engine && sudo systemctl start docker && sudo usermod -aG docker $USER"),
        ("pacman", "sudo pacman -S docker && sudo systemctl start docker && sudo usermod -aG docker $USER"),
    ):
        if shutil.which(tool):
            return f"Run `{command}`, then log out and in again."
    return "Install Docker Engine: https://docs.docker.com/engine/install/"
