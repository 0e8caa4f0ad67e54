"""A lab inside this process, without a socket: opened once on virtual time, and then forked for every submission.

For the grader. Invariants: nothing here starts a thread, so that a fork of the process is a whole lab of its own;
clients of AWS that checks use go straight through the door and cost no lab time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecslab.checks.registry import Registry
from ecslab.checks.world import REGION
from ecslab.server.api import LabApi
from ecslab.server.graded import replayed
from ecslab.server.http import FrontDoor
from ecslab.server.openlab import OpenLab
from ecslab.server.outside import SimulatedSdk, through

HOST = "http://127.0.0.1:4510"
"""What requests of this process name as their host; nobody dials it."""


@dataclass(slots=True, kw_only=True)
class Within:
    """A simulated lab on virtual time, its own API and its front door."""

    lab: OpenLab
    api: LabApi
    door: FrontDoor
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client of this lab; the same one for each call."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(retries={"max_attempts": 0}, proxies={}, s3={"addressing_style": "path"})
            session = boto3.Session("test", "test", region_name=REGION)
            made = session.client(service, endpoint_url=HOST, config=config)
            made.meta.events.register("before-send.*.*", through(self.door.aws))
            self._clients[service] = made
        return self._clients[service]

    def check(self, question: str) -> dict[str, Any]:
        """The report on one question, as JSON."""
        return self.api.check({"question": question})

    def play(self, entry: Mapping[str, Any]) -> None:
        """Send one request of a tape through the front door; its answer is not wanted."""
        list(self.door(replayed(entry), lambda status, headers: None))

    def story(self) -> list[dict[str, Any]]:
        """The journal as JSON, oldest first."""
        return list(self.api.journal({})["entries"])


def open_within(home: Path, labs: Path, lab_id: str = "graded") -> Within:
    """Open a lab. ``home`` is a folder of its own."""
    lab = OpenLab(lab_id=lab_id, runtime="simulated", time="virtual", home=home, seed=0)
    status = {"endpoint": HOST, "pid": 0, "version": ""}
    api = LabApi(lab, Registry(labs, lab.journal.record, settled=True), lambda: status, lambda: None)
    door = FrontDoor(api, lab.timeline, lambda: _sync(lab))
    lab.aws = SimulatedSdk(door.aws, lambda path: lab.fleet.endpoint.answer(path)).call
    lab.open()
    found = Within(lab=lab, api=api, door=door)
    api.clients = found.client
    return found


def _sync(lab: OpenLab) -> None:
    lab.timeline.call_soon(lab.fleet.sync)
