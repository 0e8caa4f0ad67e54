"""How the program of the images finds and asks others: its own address, moved ports, the names it was given.

Carried into the images beside ``app.py``: Python's standard library and nothing else. It matters on the process
runtime, where no namespace gives a task its own localhost. Invariant: where the environment says nothing of the lab,
every name and port is what it is everywhere.
"""

from __future__ import annotations

import os

Answer = tuple[int, str]
DOORS = ("AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "ECS_CONTAINER_METADATA_URI_V4")
"""Variables with an URL of the lab server's own, which is on this machine's loopback and not on the task's."""


def address() -> str:
    """The address to bind."""
    return os.environ.get("ECSLAB_ADDRESS") or "0.0.0.0"


def shifted(port: int, shift: str = "") -> int:
    """The port really bound: privileged ones are moved up where ``ECSLAB_PORT_SHIFT`` says so.

    Where a machine has one loopback address only, every port is moved.
    """
    move = int(shift or os.environ.get("ECSLAB_PORT_SHIFT") or 0)
    return port + move if port < 1024 or address() == "127.0.0.1" else port


def resolve(host: str, port: int) -> tuple[str, int]:
    """Where to connect: names of ``ECSLAB_HOSTS``, and localhost as the address of this task."""
    pairs = (entry.partition("=") for entry in os.environ.get("ECSLAB_HOSTS", "").split(","))
    known = {name: where for name, _, where in pairs if name}
    if host in known:
        where, _, shift = known[host].partition("+")
        return where, shifted(port, shift)
    if "ECSLAB_ADDRESS" not in os.environ or any(f"//{host}:{port}" in os.environ.get(name, "") for name in DOORS):
        return host, port
    if host in ("localhost", "127.0.0.1"):
        return address().replace("0.0.0.0", "127.0.0.1"), shifted(port)
    return host, shifted(port) if host.startswith("127.") else port


def relayed(host: str, port: int) -> str:
    """Where an address of the lab's VPC is answered, on a machine that has no such address; empty anywhere else."""
    relay = os.environ.get("ECSLAB_AT", "")
    numeric = host.count(".") == 3 and host.replace(".", "").isdigit()
    return f"{relay}{host}:{port}" if relay and numeric and not host.startswith("127.") else ""


def get(url: str, timeout: float = 5.0) -> Answer:
    """GET an http:// URL: (status, body). OSError or ValueError when there is no answer."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"only http:// URLs can be fetched, not '{url}'")
    url = relayed(parts.hostname, parts.port or 80)
    if url:
        parts = urlsplit(url + (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    host, port = resolve(parts.hostname or "", parts.port or 80)
    source = (address(), 0) if "ECSLAB_ADDRESS" in os.environ and host.startswith("127.") else None
    connection = HTTPConnection(host, port, timeout=timeout, source_address=source)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Host": parts.netloc})
        answer = connection.getresponse()
        if url and answer.getheader("X-Ecslab-Nobody"):
            raise TimeoutError("timed out")
        return answer.status, answer.read().decode("utf-8", "replace")
    except HTTPException as error:
        raise OSError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()
