"""The commands about a lab server that runs, or is to run, in the background: up, status, stop, reset, logs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from ecslab.cli.words import endpoint_line, runtime_line
from ecslab.client.home import LOG, lab_home, read_record, running
from ecslab.client.transport import Transport
from ecslab.errors import LabError, LabNotRunning


def up(arguments: argparse.Namespace) -> int:
    """Start the server unless one runs; say where it answers and what runs the containers."""
    started = start(arguments)
    print(endpoint_line(started["endpoint"]))
    print(_runtime(started))
    return 0


def start(arguments: argparse.Namespace) -> dict[str, Any]:
    """The status of the running server, started if need be. LabError where another one than asked for runs."""
    from ecslab.client.connecting import as_asked
    from ecslab.client.starting import Wanted, ensure

    home = lab_home(arguments.home)
    runtime, time = getattr(arguments, "runtime", None), getattr(arguments, "time", None)
    wanted = Wanted(
        home=home,
        runtime=runtime or os.environ.get("ECSLAB_RUNTIME") or "auto",
        time=time or "real",
        port=getattr(arguments, "port", None),
        labs=arguments.labs,
    )
    transport, status = running(home) or ensure(wanted)
    as_asked(status, runtime, time)
    return {**status, "endpoint": transport.endpoint}


def status(arguments: argparse.Namespace) -> int:
    """Say what runs; exit code 1 where nothing does."""
    transport, said = _running(arguments)
    print(endpoint_line(transport.endpoint))
    print(_runtime(said))
    print(f"Account {said['account']}, region {said['region']}, lab time {said['now_iso']}, process {said['pid']}")
    for cluster in transport.get("state")["clusters"]:
        tasks = sum(task["lastStatus"] == "RUNNING" for task in cluster["tasks"])
        services = ", ".join(f"{s['name']} {s['running']}/{s['desired']}" for s in cluster["services"]) or "none"
        print(
            f"Cluster {cluster['name']}: services {services}; {tasks} tasks RUNNING, "
            f"{len(cluster['instances'])} container instances"
        )
    return 0


def stop(arguments: argparse.Namespace) -> int:
    """Stop the server, and those beside it, and wait until they are gone; nothing of the lab is left."""
    from ecslab.client.starting import end_all

    ended = end_all(lab_home(arguments.home))
    print("The lab is stopped; nothing of it is left running." if ended else "No lab was running.")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """Empty the account."""
    _running(arguments)[0].post("reset")
    print("The account is empty again.")
    return 0


def logs(arguments: argparse.Namespace) -> int:
    """The server's own log, or a task's lines."""
    if arguments.task is None:
        return _server_log(lab_home(arguments.home))
    transport, _ = _running(arguments)
    lines = transport.get("logs", task=arguments.task, container=arguments.container)["lines"]
    several = len({line["container"] for line in lines}) > 1
    for line in lines:
        print(f"{line['container']} | {line['message']}" if several else line["message"])
    return 0


def _server_log(home: Path) -> int:
    try:
        with (home / LOG).open(encoding="utf-8", errors="replace") as log:
            sys.stdout.writelines(log)
    except OSError:
        what = "writes its log to the terminal it was started in" if read_record(home) else "has no log here"
        raise LabError(f"The lab server {what} ({home / LOG}).", "Start it with `ecslab up`.") from None
    return 0


def _running(arguments: argparse.Namespace) -> tuple[Transport, dict[str, Any]]:
    found = running(lab_home(arguments.home))
    if found is None:
        raise LabNotRunning("No lab server is running.", "Run `ecslab up`.")
    return found


def _runtime(said: dict[str, Any]) -> str:
    what = [row["what"] for row in said["pretended"]]
    return runtime_line(said["runtime"], said["runtime_reason"], what, said["time"])
