"""The learner's side of a submission: an IPython shell that runs one cell after another and shows what came out.

It is asked over the channel (``run`` a cell, ``call`` a function) and answers with outputs or a JSON value. Nothing
it says gives points. Invariant: before the first cell runs, files, network, memory and system calls are given up.
"""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import confine
from .channel import Broken, Channel

TEXT = 40_000
"""The longest output of a cell, in characters; more is cut."""
PICTURE = 1_000_000
OUTPUTS = 60
FOREVER = 365 * 86_400.0
SERVICES = ("ecs", "ec2", "logs", "iam", "cloudwatch", "application-autoscaling", "elbv2", "events", "ssm", "sts")
_INTERRUPT = {signal.SIGINT}
KINDS = ("text/plain", "image/png")
"""What of an output is taken over: never HTML or scripts, for a teacher will open the page."""


class Bounded(io.StringIO):
    """A stream that keeps its beginning and forgets the rest."""

    def write(self, text: str) -> int:
        """Keep what still has room."""
        room = TEXT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def preload() -> Any:
    """Import what notebooks use, read botocore's models, make the shell. Nothing of a learner is there yet."""
    from IPython.core.displayhook import CapturingDisplayHook  # noqa: F401  (loaded here once, for every fork)
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    import ecslab
    from ecslab.client import aws, lab, view  # noqa: F401

    ecslab.connect  # noqa: B018  (the package loads it when it is named)
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.cache_size = 0
    shell = InteractiveShell.instance(config=settings)
    session = aws.make_session("us-east-1")
    for service in SERVICES:
        client = session.client(service, endpoint_url="http://127.0.0.1:9", config=aws.settings())
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
        client.waiter_names  # noqa: B018  (reading them loads them)
    return shell


class Program:
    """One submission's process, from giving up its rights to the last cell."""

    def __init__(self, channel: Channel, shell: Any) -> None:
        self._channel = channel
        self._shell = shell

    def settle(self, port: int, settings: dict[str, Any]) -> None:
        """Enter an empty folder with an environment of the lab's alone, and give up everything else."""
        home = tempfile.mkdtemp(prefix="work-", dir=settings["temporary"])
        os.chdir(home)
        endpoint = f"http://127.0.0.1:{port}"
        os.environ.clear()
        os.environ.update(settings["environment"])
        os.environ.update(HOME=home, TMPDIR=home, IPYTHONDIR=home, AWS_ENDPOINT_URL=endpoint, ECSLAB_ENDPOINT=endpoint)
        tempfile.tempdir = home
        devices = [Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"), Path("/dev/full")]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        confine.limit(**settings["limits"])
        if confine.abi():
            readable = [Path(path) for path in settings["readable"]] + devices
            confine.landlock(readable, [Path(home), Path("/dev/null")], port)
        confine.seccomp()
        confine.undumpable()

    def serve(self) -> None:
        """Do what is asked until the channel is closed."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
        while True:
            try:
                asked = self._channel.receive(FOREVER)
                self._channel.send({"id": asked.get("id"), **self._answered(asked)})
            except (Broken, TimeoutError):
                return

    def _answered(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What is asked, done; it can be interrupted only meanwhile, and whatever it raises is an answer."""
        signal.sigtimedwait(_INTERRUPT, 0)  # one that came too late for the cell before
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPT)
            try:
                return self._done(asked)
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
        except BaseException as raised:
            return {"error": f"{type(raised).__name__}: {str(raised)[:500]}"}

    def _done(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "run" in asked:
            return self._run(str(asked["run"]))
        if "call" in asked:
            return self._call(str(asked["call"]), asked.get("arguments", []))
        return {"error": "not understood"}

    def _run(self, source: str) -> dict[str, Any]:
        with _captured(self._shell) as outputs:
            try:
                done = self._shell.run_cell(source, store_history=False)
                failure = done.error_before_exec or done.error_in_exec
            except BaseException as raised:
                failure = raised
        error = "" if failure is None else f"{type(failure).__name__}: {str(failure)[:500]}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"error": error, "outputs": outputs, "peak_kb": peak}

    def _call(self, name: str, arguments: list[Any]) -> dict[str, Any]:
        function = self._shell.user_ns.get(name)
        if not callable(function):
            return {"error": f"NameError: the notebook has no function {name}"}
        with _captured(self._shell) as outputs:
            try:
                value = json.loads(json.dumps(function(*arguments)))
            except BaseException as raised:
                return {"error": f"{type(raised).__name__}: {str(raised)[:500]}"}
        return {"value": value, "outputs": outputs}


@contextmanager
def _captured(shell: Any) -> Iterator[list[dict[str, Any]]]:
    """What a cell prints, shows and ends with, as outputs of a notebook, in the list once the block has ended."""
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.core.displaypub import CapturingDisplayPublisher

    outputs: list[dict[str, Any]] = []
    before = sys.stdout, sys.stderr, shell.display_pub, shell.display_trap.hook
    said, warned = Bounded(), Bounded()
    publisher = CapturingDisplayPublisher()
    sys.stdout, sys.stderr, shell.display_pub = said, warned, publisher
    shown: list[Any] = publisher.outputs
    shell.display_trap.hook = CapturingDisplayHook(shell=shell, outputs=shown)
    try:
        yield outputs
    finally:
        sys.stdout, sys.stderr, shell.display_pub, shell.display_trap.hook = before
        outputs += _streams(said, warned) + [_shown(one) for one in shown[:OUTPUTS]]


def _streams(said: Bounded, warned: Bounded) -> list[dict[str, Any]]:
    both = (("stdout", said.getvalue()), ("stderr", warned.getvalue()))
    return [{"output_type": "stream", "name": name, "text": text} for name, text in both if text]


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    data = one.get("data") or {}
    kept = {kind: str(data[kind])[: PICTURE if kind == "image/png" else TEXT] for kind in KINDS if kind in data}
    return {"output_type": "display_data", "data": kept, "metadata": {}}


def forget(folder: str) -> None:
    """Remove what submissions left in a temporary folder."""
    for found in Path(folder).glob("work-*"):
        shutil.rmtree(found, ignore_errors=True)
