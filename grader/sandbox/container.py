"""The rung ``docker``: a warm container without network, capabilities or a writable file system.

The container's image is empty: Python, this environment and the ``ecslab`` package are this machine's own, mounted
read-only, so no registry is needed and inside runs what runs outside. Invariant: a container is removed when its
sandbox is closed, and one whose grader was killed is removed by the next.
"""

from __future__ import annotations

import io
import os
import socket
import sys
import tarfile
from pathlib import Path
from typing import Any

import psutil

from ecslab.timeline import real_monotonic
from grader.inside.channel import Channel
from grader.sandbox.bubblewrap import LIBRARY, START
from grader.sandbox.rung import (
    ENVIRONMENT,
    INSIDE,
    PACKAGE,
    START_SECONDS,
    Limits,
    Lost,
    Place,
    Warm,
    awaited,
    new_folder,
    python_places,
)

IMAGE = "ecslab/sandbox:1"
LABEL = "ecslab.grader"
NOBODY = 65534
SPOKEN = "/spoken"
EXTRA_MEMORY = 512 << 20
"""The container's memory beyond that of one submission: what the warm program itself takes."""


class Docker:
    """A container around a warm program."""

    name = "docker"

    def probe(self) -> str:
        """ "" where an engine answers that can mount this machine's files."""
        if sys.platform != "linux":
            return "the sandbox mounts this machine's own Python, which only works on Linux"
        try:
            client = _client()
            client.ping()
            client.close()
        except Exception as failed:
            return f"no container engine answers ({str(failed)[:160]})"
        return ""

    def start(self, limits: Limits) -> Warm:
        """A warm container. Lost where it does not come up."""
        client = _client()
        folder = new_folder()
        folder.chmod(0o711)
        place = Place(folder=folder, temporary="/tmp", readable=(*map(str, python_places()), LIBRARY))
        path = folder / "control"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(path))
        path.chmod(0o666)
        listening.listen(1)
        listening.settimeout(START_SECONDS)
        container = None
        try:
            _forsaken(client)
            _image(client)
            container = client.containers.run(IMAGE, _command(), **_walls(folder, limits))
            control, _ = listening.accept()
        except Exception as failed:
            said = container.logs(tail=20).decode(errors="replace") if container is not None else ""
            _ended(client, container, place)
            raise Lost(f"the docker sandbox did not come up ({failed}). {said}") from None
        finally:
            listening.close()
            path.unlink(missing_ok=True)
        warm = Warm(
            rung=self.name,
            control=Channel(control, real_monotonic),
            end=lambda: _ended(client, container, place),
            said=lambda: str(container.logs(tail=40).decode(errors="replace")),
            temporary=place.temporary,
            readable=place.readable,
            limits=limits,
        )
        return awaited(warm)


def _client() -> Any:
    import docker

    return docker.from_env(timeout=60)


def _forsaken(client: Any) -> None:
    """Remove the containers of graders that were killed before they could."""
    for container in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        if not psutil.pid_exists(int(container.labels[LABEL])):
            container.remove(force=True)


def _image(client: Any) -> None:
    """An image with nothing in it, made once."""
    if any(IMAGE in image.tags for image in client.images.list(name=IMAGE)):
        return
    empty = io.BytesIO()
    with tarfile.open(fileobj=empty, mode="w") as archive:
        for name in ("tmp", "proc", "dev", "lab"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(folder)
    name, _, tag = IMAGE.partition(":")
    client.api.import_image_from_data(empty.getvalue(), repository=name, tag=tag)


def _command() -> list[str]:
    return [sys.executable, "-I", "-c", START, "--connect", f"{SPOKEN}/control"]


def _walls(folder: Path, limits: Limits) -> dict[str, Any]:
    user = os.getuid() or NOBODY
    mounts = {str(path.resolve()): {"bind": str(path), "mode": "ro"} for path in python_places()}
    mounts[str(INSIDE)] = {"bind": f"{LIBRARY}/inside", "mode": "ro"}
    mounts[str(PACKAGE)] = {"bind": f"{LIBRARY}/ecslab", "mode": "ro"}
    mounts[str(folder)] = {"bind": SPOKEN, "mode": "ro"}
    return {
        "detach": True,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": limits.processes + 8,
        "mem_limit": limits.memory + EXTRA_MEMORY,
        "memswap_limit": limits.memory + EXTRA_MEMORY,
        "tmpfs": {"/tmp": f"size={limits.disk},mode=1777"},
        "user": f"{user}:{user}",
        "volumes": mounts,
        "environment": ENVIRONMENT,
        "working_dir": "/tmp",
        "labels": {LABEL: str(os.getpid())},
        "log_config": {"Type": "json-file", "Config": {"max-size": "1m"}},
    }


def _ended(client: Any, container: Any, place: Place) -> None:
    try:
        if container is not None:
            container.remove(force=True)
    except Exception:  # it is gone already, or the engine is; nothing is left to be done from here
        pass
    finally:
        client.close()
        place.remove()
