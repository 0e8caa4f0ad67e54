"""What a fabric is: it gives a task its local network and takes it away again.

One fabric per runtime: docker (networks and pause containers), loopback (addresses of 127.0.0.0/8 for the
process runtime), modelled (nothing real, for the simulated runtime). A fabric knows nothing of the API; the
ENI it is handed has already been recorded in EC2. Invariant: ``attach`` and ``detach`` are idempotent per
task id, and after ``close`` nothing of this lab is left.
"""

from __future__ import annotations

from typing import Protocol

from ecslab.model.network import Wiring, WiringRequest


class Fabric(Protocol):
    """All verbs may be called from any thread and may block for real I/O (never on the modelled fabric)."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def attach(self, request: WiringRequest) -> Wiring: ...

    """ResourceInitializationError when the network cannot be had; CannotStartContainerError for a taken port."""

    def entered(self, task_id: str, container: str, runtime_id: str) -> None: ...

    """A container of the task has just started: what needs its own namespace is done now. Never fails the task."""

    def detach(self, task_id: str) -> None: ...
    def add_instance(self, instance: str, private_ip: str) -> str: ...

    """Give an emulated container instance an address of its own on this machine and return it."""

    def remove_instance(self, instance: str) -> None: ...
    def wirings(self) -> tuple[Wiring, ...]: ...

    """All wirings now attached."""
