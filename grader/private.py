"""A lab server of one's own: started in a fresh home, ended with everything it made.

Not the learner's lab (that one lives in ``~/.ecslab``). Invariant: when the ``with`` block ends, the server, its
containers and its home are gone, whatever happened inside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecslab.client.home import running
from ecslab.client.starting import end_beside
from ecslab.errors import LabError
from ecslab.timeline import real_monotonic, real_sleep

START_SECONDS = 40.0
STOP_SECONDS = 20.0
CALL_SECONDS = 120.0
_SERVE = """
import sys
from pathlib import Path
from ecslab.server import ServerOptions, serve
runtime, time, home, labs, owner = sys.argv[1:]
serve(ServerOptions(port=0, runtime=runtime, time=time, home=Path(home), labs=Path(labs), owner_pid=int(owner)), print)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLab:
    """A running server: where it answers and the ``ECSLAB_HOME`` by which ``ecslab.connect()`` finds it."""

    endpoint: str
    home: Path
    runtime: str = "simulated"

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One call of the lab's own API (GET without a body, POST with one). Errors: LabError as the server says."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as refused:
            said = json.loads(refused.read() or b"{}")
            raise LabError(f"{path}: {said.get('message', refused)}", said.get("hint", "")) from refused
        return found

    def reset(self) -> None:
        """Empty the account, and those of labs beside it; the servers stay."""
        self.call("/_ecslab/reset", {})
        for beside in self.home.glob("beside-*"):
            found = running(beside)
            if found is not None:
                found[0].post("reset")


@contextmanager
def private_lab(labs: Path, runtime: str = "simulated") -> Iterator[PrivateLab]:
    """A server on ``runtime`` over the labs folder ``labs``; on the simulated runtime time is virtual.

    Errors: LabError with the server's own words when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="ecslab-private-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        process = _started(home, labs, runtime)
        try:
            yield PrivateLab(endpoint=_endpoint(process, home), home=home, runtime=runtime)
        finally:
            end_beside(home)
            _ended(process)


def _started(home: Path, labs: Path, runtime: str) -> subprocess.Popen[bytes]:
    time = "virtual" if runtime == "simulated" else "real"
    command = [sys.executable, "-c", _SERVE, runtime, time, str(home), str(labs), str(os.getpid())]
    with (home / "private.log").open("wb") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | {"ECSLAB_HOME": str(home)}
        )


def _endpoint(process: subprocess.Popen[bytes], home: Path) -> str:
    """Wait for the server's ``server.json``, which it writes once it answers."""
    deadline = real_monotonic() + START_SECONDS
    while real_monotonic() < deadline and process.poll() is None:
        if (home / "server.json").is_file():
            return str(json.loads((home / "server.json").read_text())["endpoint"])
        real_sleep(0.05)
    said = (home / "private.log").read_text(errors="replace").strip()[-2000:]
    raise LabError("A private lab server did not start.", said or "It said nothing.")


def _ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
