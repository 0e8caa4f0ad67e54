"""Whether a Docker engine can be used here, and what holds on it. It starts nothing.

Invariant: what the engine says it cannot limit is never listed as enforced.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import docker
from docker.errors import DockerException, InvalidVersion

from ecslab.engine import LOST, reachable
from ecslab.runtimes.base import FEATURES, Capabilities, Pretence

PROBE_TIMEOUT = 2.0
"""Real seconds that an engine may take to say that it is there."""
INFO_TIMEOUT = 20.0
"""Real seconds that an engine which is there may take to describe itself."""
_ALWAYS = (
    Pretence(what="EC2 instances", why="the instances are emulated: their containers share this machine's engine"),
    Pretence(what="Fargate", why="Fargate tasks run on this machine's engine, not in a machine of their own"),
)
_LIMITS = (("MemoryLimit", "memory limit"), ("CPUShares", "cpu shares"), ("CpuCfsQuota", "task cpu limit"))
"""What the engine says of itself, and the feature that rests on it."""


def probe() -> Capabilities:
    """Whether an engine answers, and if not, what is missing and what to do."""
    try:
        client = docker.from_env(timeout=PROBE_TIMEOUT)
    except (DockerException, *LOST) as failed:
        return unavailable(failed)
    try:
        client.api.timeout = INFO_TIMEOUT
        return described(client.info())
    except (DockerException, *LOST) as failed:
        return unavailable(failed)
    finally:
        client.close()


def described(info: Mapping[str, Any]) -> Capabilities:
    """What the engine that describes itself as ``info`` can do for a lab."""
    if info.get("OSType", "linux") != "linux":
        return Capabilities(
            name="docker",
            available=False,
            reason="the Docker engine runs Windows containers",
            remedy="Switch Docker Desktop to Linux containers.",
        )
    pretended = [
        Pretence(what=feature, why="this Docker engine cannot limit it: the kernel or a missing privilege forbids it")
        for key, feature in _LIMITS
        if info.get(key) is False
    ]
    if not reachable(info):
        why = "the addresses of containers cannot be dialled from this machine: ports are published on 127.0.0.1"
        pretended.append(Pretence(what="awsvpc address", why=why))
        why = "the ports of a task in host mode can be reached from other containers only"
        pretended.append(Pretence(what="host network mode", why=why))
    lacking = {p.what for p in pretended}
    return Capabilities(
        name="docker",
        available=True,
        reason=f"a Docker engine answers (version {info.get('ServerVersion', 'unknown')})",
        enforced=frozenset(FEATURES) - lacking,
        pretended=(*pretended, *_ALWAYS),
    )


def unavailable(failed: Exception) -> Capabilities:
    """Why there is no engine, in words for the learner."""
    text = str(failed)
    host = os.environ.get("DOCKER_HOST", "")
    if "Permission" in text or "EACCES" in text:
        reason = "permission denied: this user may not use the Docker socket"
        remedy = "Add yourself to the docker group (sudo usermod -aG docker $USER), then log in again."
    elif isinstance(failed, InvalidVersion):
        reason, remedy = f"the Docker engine is too old ({text})", "Update Docker."
    elif host:
        reason = f"no Docker engine answers at DOCKER_HOST={host}"
        remedy = "Start that engine, or unset DOCKER_HOST to use this machine's."
    elif "FileNotFound" in text or "No such file" in text or "Connection refused" in text:
        reason = "Docker is not installed or not running, and DOCKER_HOST is not set"
        remedy = "Start Docker, or install it (Debian/Ubuntu: sudo apt-get install docker.io)."
    else:
        reason = f"the Docker engine does not answer ({(text.splitlines() or ['no reason given'])[0][:120]})"
        remedy = "Check that Docker is running: docker info."
    return Capabilities(name="docker", available=False, reason=reason, remedy=remedy)
