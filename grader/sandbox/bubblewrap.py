"""The rung ``bubblewrap``: namespaces of its own for files, processes, network and users, without any rights.

Needs the program ``bwrap`` and a kernel that lets users make namespaces. Invariant: of this machine the sandbox sees
the system's libraries, this Python environment and the ``ecslab`` package, read-only, and one temporary folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from grader.inside.zygote import descendants
from grader.sandbox.rung import INSIDE, PACKAGE, Limits, Place, Warm, launched, new_folder, python_places

PROBE_SECONDS = 10.0
LIBRARY = "/lab"
START = f"import sys; sys.path.insert(0, {LIBRARY!r}); from inside.zygote import main; sys.exit(main(sys.argv))"
_WALLS = (
    *("--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--as-pid-1"),
)


class Bubblewrap:
    """bwrap around a warm program."""

    name = "bubblewrap"

    def probe(self) -> str:
        """ "" where bwrap can make its namespaces here."""
        if shutil.which("bwrap") is None:
            return "bwrap is not installed (Debian and Ubuntu: apt-get install bubblewrap)"
        command = ["bwrap", *_WALLS, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as failed:
            return f"bwrap does not run ({failed})"
        return "" if done.returncode == 0 else f"bwrap may not make namespaces here ({done.stderr.strip()[:200]})"

    def start(self, limits: Limits) -> Warm:
        """A warm program in namespaces of its own."""
        place = Place(folder=new_folder(), temporary="/tmp", readable=(*map(str, python_places()), LIBRARY))
        warm = launched(self.name, lambda fd: _command(fd, limits), place, limits)
        warm.watched = next(iter(descendants(warm.process)), None)
        return warm


def _command(fd: int, limits: Limits) -> Sequence[str]:
    walls = [*_WALLS, "--size", str(limits.disk), "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    for path in python_places():
        if path.is_symlink():
            walls += ["--symlink", str(path.readlink()), str(path)]
        else:
            walls += ["--ro-bind", str(path), str(path)]
    walls += ["--ro-bind", str(INSIDE), f"{LIBRARY}/inside", "--ro-bind", str(PACKAGE), f"{LIBRARY}/ecslab"]
    walls += ["--remount-ro", "/"]
    return ["bwrap", *walls, "--", sys.executable, "-I", "-c", START, "--fd", str(fd)]
