"""Which host ports of each instance are taken, and the next one that is not. Pure: no socket.

Invariant: a port of an instance belongs to at most one task, and ``release`` gives back all that a task has.
Dynamic ports come from 32768–60999, the default of ``net.ipv4.ip_local_port_range`` (facts: network_modes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ecslab.errors import CannotStartContainerError

FIRST_DYNAMIC = 32768
LAST_DYNAMIC = 60999


@dataclass(slots=True)
class _Instance:
    taken: dict[tuple[int, str], str] = field(default_factory=dict)
    upcoming: int = FIRST_DYNAMIC


class PortBook:
    """The ports of all instances. Not thread-safe: its owner holds a lock."""

    def __init__(self) -> None:
        self._instances: dict[str, _Instance] = {}
        self._of_task: dict[str, list[tuple[str, int, str]]] = {}

    def take(self, instance: str, task_id: str, port: int, protocol: str = "tcp") -> None:
        """Take a fixed port; CannotStartContainerError when another task has it."""
        self._refuse(self._instance(instance).taken.get((port, protocol)), port)
        self._write(instance, task_id, port, protocol)

    def take_dynamic(
        self, instance: str, task_id: str, protocol: str = "tcp", usable: Callable[[int], bool] = lambda port: True
    ) -> int:
        """Take the next free dynamic port for which ``usable`` holds; CannotStartContainerError when all are taken."""
        room = self._instance(instance)
        for _ in range(LAST_DYNAMIC - FIRST_DYNAMIC + 1):
            port = room.upcoming
            room.upcoming = port + 1 if port < LAST_DYNAMIC else FIRST_DYNAMIC
            if (port, protocol) not in room.taken and usable(port):
                self._write(instance, task_id, port, protocol)
                return port
        raise CannotStartContainerError(
            f"no host port between {FIRST_DYNAMIC} and {LAST_DYNAMIC} is left on {instance}. Stop some tasks."
        )

    def release(self, task_id: str) -> None:
        """Give back everything a task has."""
        for instance, port, protocol in self._of_task.pop(task_id, ()):
            taken = self._instance(instance).taken
            if taken.get((port, protocol)) == task_id:
                del taken[port, protocol]

    def forget(self, instance: str) -> None:
        """The instance is gone."""
        self._instances.pop(instance, None)

    def _instance(self, instance: str) -> _Instance:
        return self._instances.setdefault(instance, _Instance())

    def _refuse(self, owner: str | None, port: int) -> None:
        if owner is not None:
            raise port_taken(port, f"task {owner[:8]} has it")

    def _write(self, instance: str, task_id: str, port: int, protocol: str) -> None:
        self._instance(instance).taken[port, protocol] = task_id
        self._of_task.setdefault(task_id, []).append((instance, port, protocol))


def port_taken(port: int, why: str) -> CannotStartContainerError:
    """The error of a fixed host port that is not free, in Docker's words and then ours."""
    return CannotStartContainerError(
        f"driver failed programming external connectivity: Bind for 0.0.0.0:{port} failed: port is already allocated "
        f"({why}). Use host port 0 for a dynamic port, or stop what uses {port}."
    )
