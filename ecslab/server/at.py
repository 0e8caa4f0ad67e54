"""``/_ecslab/at/HOST:PORT/PATH``: plain ``curl`` reaches every address that the API shows, on every runtime.

An interface's private address, an instance's address with a host port, or where a task can really be dialled here.
Invariant: only what a task of this lab listens on is asked; this is no way out to any other machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from ecslab.errors import EcslabError, LabError
from ecslab.model.network import Endpoint, Wiring
from ecslab.model.status import NetworkMode
from ecslab.networks.modelled import ModelledFabric
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.server.openlab import OpenLab

ROUTE = "at/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was answered."""

    status: int
    body: str
    nobody: bool = False
    """No task answered: the status is the lab's own."""


def get(lab: OpenLab, target: str, fetch: Callable[[str], tuple[int, str]]) -> Page:
    """The answer at ``HOST:PORT/PATH``; 502 where nothing listens. LabError for an address that is not of this lab."""
    place, slash, rest = target.partition("/")
    host, _, text = place.partition(":")
    if not host or not (text or "80").isdigit():
        raise LabError(f"'{place}' is no address.", "Write /_ecslab/at/HOST:PORT/PATH, such as at/172.31.0.4:80/.")
    port, path = int(text or 80), slash + rest or "/"
    if isinstance(lab.fabric, ModelledFabric) and isinstance(lab.runtime, SimulatedRuntime):
        return _modelled(lab.fabric, lab.runtime, host, port, path)
    with lab.timeline.lock:
        real = _real(lab, host, port)
    if real is None:
        raise _unknown(host, port)
    try:
        status, body = fetch(f"http://{real[0]}:{real[1]}{path}")
    except EcslabError as problem:
        return Page(status=502, body=f"{problem}\n", nobody=True)
    return Page(status=status, body=body)


def url_of(base: str, endpoint: Endpoint) -> str:
    """The URL under which ``get`` answers for an endpoint."""
    return f"{base}/_ecslab/{ROUTE}{quote(endpoint.host)}:{endpoint.port}"


def _modelled(fabric: ModelledFabric, runtime: SimulatedRuntime, host: str, port: int, path: str) -> Page:
    reached = fabric.at(host, port)
    if reached is None:
        raise _unknown(host, port)
    try:
        status, body = runtime.ask(reached, path)
    except OSError as failed:
        return Page(status=502, body=f"{host}:{port}: {failed.strerror or failed}\n", nobody=True)
    return Page(status=status, body=body)


def _real(lab: OpenLab, host: str, port: int) -> tuple[str, int] | None:
    """Where this machine dials what the API calls ``host``:``port``."""
    for wiring in lab.fabric.wirings():
        shown = _shown(lab, wiring)
        for found in wiring.endpoints:
            if (host, port) in ((shown, found.host_port), (found.host, found.port)):
                return found.host, found.port
        if wiring.mode is NetworkMode.AWSVPC and host in (shown, wiring.address):
            return wiring.address, port
    return None


def _shown(lab: OpenLab, wiring: Wiring) -> str:
    """The address that the API shows for a task: its interface's, else its instance's."""
    task = lab.backend.store.find_task(wiring.task_id)
    if task is None:
        return ""
    if task.eni is not None:
        return str(task.eni.private_ip)
    instance = lab.backend.store.instance(task.container_instance_arn or "")
    return str(instance.private_ip) if instance is not None else ""


def _unknown(host: str, port: int) -> LabError:
    return LabError(
        f"No task of this lab has the address {host}:{port}.",
        "`aws ec2 describe-network-interfaces`, or networkBindings and the instance's address, say which there are.",
    )
