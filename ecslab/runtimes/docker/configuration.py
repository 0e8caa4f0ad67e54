"""What the engine is told of a container: a ContainerSpec in the words of Docker's API. Pure.

It is the body of the engine's "create a container" call, written out: https://docs.docker.com/reference/api/engine.
Invariant: nothing of a spec is dropped without a word, save ``hosts`` of a container that joins another's network,
which the engine refuses (names belong to the owner of the namespace).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.model.network import ContainerWiring, Namespace, Publish
from ecslab.runtimes.base import ContainerSpec

LOG_CONFIG = {"Type": "json-file", "Config": {"max-size": "32m", "max-file": "2"}}
"""Said outright: with an engine's own default the output might not be readable, or fill the disk."""
DEFAULT_NETWORK = "bridge"
"""The engine's own network: what ECS's bridge mode uses too."""


def body(spec: ContainerSpec, labels: Mapping[str, str], cpus: int) -> dict[str, Any]:
    """The body of the call. ``cpus``: how many the engine has; it refuses limits above that (0: not known)."""
    wiring = spec.wiring
    given: dict[str, Any] = {
        "Image": spec.image,
        "Cmd": list(spec.command) if spec.command else None,
        "Entrypoint": list(spec.entry_point) if spec.entry_point else None,
        "Env": [f"{name}={value}" for name, value in spec.environment.items()],
        "User": spec.user,
        "WorkingDir": spec.working_directory,
        "Labels": {**spec.labels, **labels},
        "ExposedPorts": {_port(p): {} for p in wiring.publish},
        "HostConfig": _host(spec, cpus),
    }
    if wiring.namespace is Namespace.OWN and wiring.network and wiring.address:
        fixed = {"IPAMConfig": {"IPv4Address": wiring.address}}
        given["NetworkingConfig"] = {"EndpointsConfig": {wiring.network: fixed}}
    return given


def _host(spec: ContainerSpec, cpus: int) -> dict[str, Any]:
    wiring = spec.wiring
    joined = wiring.namespace is Namespace.JOINED
    limit = min(spec.cpu_limit, cpus) if cpus else spec.cpu_limit
    return {
        "NetworkMode": _network_mode(wiring),
        "PortBindings": _bindings(wiring.publish),
        "ExtraHosts": [] if joined else [f"{name}:{address}" for name, address in wiring.hosts],
        "Memory": spec.memory,
        "MemorySwap": spec.memory,
        "MemoryReservation": spec.memory_reservation,
        "CpuShares": spec.cpu_shares,
        "NanoCpus": int(limit * 1e9),
        "ReadonlyRootfs": spec.read_only,
        "Init": spec.init,
        "Privileged": spec.privileged,
        "Ulimits": [{"Name": name, "Soft": soft, "Hard": hard} for name, soft, hard in spec.ulimits],
        "Binds": [f"{m.source}:{m.target}:{'ro' if m.read_only else 'rw'}" for m in spec.mounts],
        "LogConfig": LOG_CONFIG,
    }


def _network_mode(wiring: ContainerWiring) -> str:
    if wiring.namespace is Namespace.NONE:
        return "none"
    if wiring.namespace is Namespace.JOINED:
        return f"container:{wiring.joins}"
    return wiring.network or DEFAULT_NETWORK


def _bindings(publish: tuple[Publish, ...]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for p in publish:
        found.setdefault(_port(p), []).append({"HostIp": p.host_address, "HostPort": str(p.host_port)})
    return found


def _port(publish: Publish) -> str:
    return f"{publish.container_port}/{publish.protocol}"
