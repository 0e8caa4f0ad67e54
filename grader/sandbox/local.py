"""Two rungs without a namespace: ``landlock``, where the kernel refuses, and ``none``, where nothing does.

Both run the program beside the grader, as its own user. ``none`` still has the limits and Landlock where there is
any, but promises nothing. Invariant: the lab's folder the program is loaded from holds nothing but ``inside`` and
``ecslab``.
"""

from __future__ import annotations

import sys

from grader.inside import confine
from grader.sandbox.rung import INSIDE, PACKAGE, Limits, Place, Warm, launched, new_folder, python_places

_START = "import sys; sys.path.insert(0, {library!r}); from inside.zygote import main; sys.exit(main(sys.argv))"


class Landlock:
    """The kernel itself refuses files, TCP and signals; no namespaces, no rights needed."""

    name = "landlock"

    def probe(self) -> str:
        """ "" where the kernel can do all of it."""
        version = confine.abi()
        if sys.platform != "linux" or version == 0:
            return "this kernel has no Landlock (Linux 5.13 and newer, where it is switched on)"
        if version < confine.SIGNALS_SINCE:
            return f"this kernel's Landlock (version {version}) cannot keep signals in; Linux 6.12 can"
        return ""

    def start(self, limits: Limits) -> Warm:
        """A warm program beside the grader."""
        return _beside(self.name, limits)


class Unsafe:
    """No wall to speak of: for notebooks one would run on one's own machine anyway."""

    name = "none"

    def probe(self) -> str:
        """Always there."""
        return ""

    def start(self, limits: Limits) -> Warm:
        """A warm program beside the grader."""
        return _beside(self.name, limits)


def _beside(name: str, limits: Limits) -> Warm:
    folder = new_folder()
    library, temporary = folder / "lab", folder / "tmp"
    library.mkdir()
    temporary.mkdir()
    (library / "inside").symlink_to(INSIDE)
    (library / "ecslab").symlink_to(PACKAGE)
    readable = (*map(str, python_places()), str(library), str(INSIDE), str(PACKAGE))
    place = Place(folder=folder, temporary=str(temporary), readable=readable)
    start = _START.format(library=str(library))
    warm = launched(name, lambda fd: [sys.executable, "-I", "-c", start, "--fd", str(fd)], place, limits)
    warm.watched = warm.process
    warm.folder = temporary
    return warm
