"""Runs the commands of ECS Exec in their containers, with whatever the runtime has for it.

It asks nobody whether it may (``aws.ecs.commands`` has judged). Invariant: each session that was opened ends once, with
an exit code and what was printed. On AWS a session ends after 20 idle minutes; a command here ends after ``PATIENCE``.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.commands import Session
from ecslab.runtimes.base import Execs, Runtime

PATIENCE = 20.0
"""Real seconds after which a command that goes on is ended (exit code 124)."""
MOST_OUTPUT = 64 * 1024
"""Characters of output that are kept."""


class Commands:
    """The sessions of one backend on one runtime."""

    def __init__(self, backend: Any, runtime: Runtime) -> None:
        self._backend = backend
        self._runtime = runtime

    def start(self) -> None:
        """Take sessions from now on; none where the runtime can run nothing in a container."""
        if isinstance(self._runtime, Execs):
            self._backend.run_session = self._run

    def _run(self, session: Session) -> None:
        runtime, timeline = self._runtime, self._backend.context.timeline
        assert isinstance(runtime, Execs)
        timeline.offload(
            lambda: runtime.execute(session.runtime_id, session.command, PATIENCE),
            lambda result, error: self._ended(session, result, error),
        )

    def _ended(self, session: Session, result: tuple[int, str] | None, error: BaseException | None) -> None:
        exit_code, output = result if result is not None else (126, str(error))
        self._backend.end_session(session, exit_code, output[-MOST_OUTPUT:])
