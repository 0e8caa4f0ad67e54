"""Pause containers: each only keeps a network namespace for others to join.

Making a namespace is the slow half of starting an awsvpc task, so a few are kept ready without a network and are
connected when a task comes. It decides no address. Invariant: whatever it made, ``close`` removes, also what was
being made ready at that moment.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable
from typing import Any

from docker.errors import APIError

from ecslab.engine import mine, quietly, remove_containers, translated
from ecslab.errors import ResourceInitializationError, TaskError
from ecslab.images import build
from ecslab.images.catalogue import IMAGES
from ecslab.model.labels import LABEL_KEEPER, LABEL_LAB
from ecslab.model.network import Publish

IMAGE = "ecslab/tool:1"
SPARES = 2
"""How many are kept ready once the first task has needed one."""
QUIET = 0.5
"""Real seconds without a task that needs one, before spares are made: they must not slow down what starts now."""
LAST = 30.0
"""Real seconds that ``close`` waits for the one being made."""


class Keepers:
    """The pause containers of one lab."""

    def __init__(self, client: Any, lab_id: str, furnish: Callable[[str], object] = lambda made: None) -> None:
        """``furnish`` is done to each spare beforehand (its id is given)."""
        self._furnish = furnish
        self._client = client
        self._api = client.api
        self._lab_id = lab_id
        self._labels = {**mine(lab_id), LABEL_KEEPER: "1"}
        self._image_is_here = False
        self._spares: list[str] = []
        self._lock = threading.Lock()
        self._needed = threading.Event()
        self._closed = False
        self._maker: threading.Thread | None = None

    def take(self, network: str, address: str = "", published: tuple[Publish, ...] = ()) -> str:
        """A running pause container on ``network``, at ``address`` if one is given. APIError of the engine."""
        with self._lock:
            spare = self._spares.pop() if self._spares and not published else ""
        self._keep_ready()
        if spare and self._connect(spare, network, address):
            return spare
        self._have_image()
        return self._make(network, address, published)

    def remove(self, container_id: str) -> None:
        """Delete one, with its namespace; nothing for an unknown id."""
        quietly(lambda: self._api.remove_container(container_id, v=True, force=True))

    def address(self, container_id: str, network: str) -> str:
        """The address that the engine gave it."""
        found = self._api.inspect_container(container_id)["NetworkSettings"]["Networks"][network]
        return str(found["IPAddress"])

    def close(self) -> None:
        """Remove every pause container of this lab."""
        self._closed = True
        self._needed.set()
        if self._maker is not None:
            self._maker.join(LAST)
        kept = {"label": [f"{LABEL_LAB}={self._lab_id}", LABEL_KEEPER]}
        remove_containers(self._api, (c["Id"] for c in self._api.containers(all=True, filters=kept)))
        self._spares.clear()

    def _connect(self, spare: str, network: str, address: str) -> bool:
        """False where it was removed by hand, or the engine cannot do that (then a new one is made)."""
        try:
            self._api.disconnect_container_from_network(spare, "none")
            self._api.connect_container_to_network(spare, network, ipv4_address=address or None)
        except APIError:
            self.remove(spare)
            return False
        return True

    def _have_image(self) -> None:
        if not self._image_is_here:
            build.ensure(self._client, IMAGES[IMAGE])
            self._image_is_here = True

    def _make(self, network: str, address: str, published: tuple[Publish, ...]) -> str:
        bindings: dict[str, list[dict[str, str]]] = {}
        for p in published:
            where = {"HostIp": p.host_address, "HostPort": str(p.host_port)}
            bindings.setdefault(f"{p.container_port}/{p.protocol}", []).append(where)
        body: dict[str, Any] = {
            "Image": IMAGE,
            "Entrypoint": ["sleep"],
            "Cmd": ["infinity"],
            "Labels": self._labels,
            "ExposedPorts": {port: {} for port in bindings},
            "HostConfig": {"NetworkMode": network, "PortBindings": bindings, "LogConfig": {"Type": "none"}},
        }
        if address:
            body["NetworkingConfig"] = {"EndpointsConfig": {network: {"IPAMConfig": {"IPv4Address": address}}}}
        name = f"ecslab-pause-{uuid.uuid4().hex[:12]}-{self._lab_id}"
        made = str(self._api.create_container_from_config(body, name)["Id"])
        try:
            self._api.start(made)
        except APIError:
            self.remove(made)
            raise
        return made

    def _keep_ready(self) -> None:
        with self._lock:
            if self._maker is None and not self._closed:
                self._maker = threading.Thread(target=self._make_ready, name="ecslab-docker-keepers", daemon=True)
                self._maker.start()
        self._needed.set()

    def _make_ready(self) -> None:
        """Wait for a need, then for quiet, then make one after the other until there are enough."""
        while not self._closed:
            self._needed.wait()
            self._needed.clear()
            while not self._closed and self._needed.wait(QUIET):
                self._needed.clear()
            while not self._closed and not self._needed.is_set() and len(self._spares) < SPARES:
                if not self._make_one():
                    break

    def _make_one(self) -> bool:
        with contextlib.suppress(TaskError), translated(ResourceInitializationError):
            self._have_image()
            made = self._make("none", "", ())
            self._furnish(made)
            with self._lock:
                self._spares.append(made)
            return True
        return False  # whoever needs one now makes it, and hears what is wrong
