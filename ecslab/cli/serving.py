"""``ecslab serve``: the lab server in the foreground."""

from __future__ import annotations

import argparse
import os
import shutil

from ecslab.cli.words import endpoint_line, runtime_line
from ecslab.client.home import lab_home


def serve(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM or ``ecslab stop``. PortTaken, LabAlreadyRunning, RuntimeUnavailable."""
    home = lab_home(arguments.home)
    try:
        return _serve(arguments)
    finally:
        if arguments.remove_home:
            shutil.rmtree(home, ignore_errors=True)


def _serve(arguments: argparse.Namespace) -> int:
    from ecslab.server import ServerInfo, ServerOptions, serve
    from ecslab.server.serve import DEFAULT_PORT

    def ready(info: ServerInfo) -> None:
        print(endpoint_line(info.endpoint), flush=True)
        what = [name for name, _ in info.pretended]
        print(runtime_line(info.runtime, info.runtime_reason, what, info.time), flush=True)

    options = ServerOptions(
        home=lab_home(arguments.home),
        port=DEFAULT_PORT if arguments.port is None else arguments.port,
        runtime=arguments.runtime or os.environ.get("ECSLAB_RUNTIME") or "auto",
        time=arguments.time or "real",
        labs=arguments.labs,
        owner_pid=arguments.owner_pid,
    )
    serve(options, ready)
    return 0
