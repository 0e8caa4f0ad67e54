"""Commands that other packages bring to the command line: entry points of the group ``ecslab.commands``.

Each names a function that takes the arguments after the command's name and returns the exit code. Not a list of
them (an installed package's metadata is the only one), and no import of any package by name: ecslab does not know
the grader. Invariant: ``main`` asks here only for a command that is not its own, so those start at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points

from ecslab.errors import LabError

GROUP = "ecslab.commands"
TEACHERS = ("course", "grade")
"""What the grader brings where it is installed: named here only to say so where it is not."""
Main = Callable[[Sequence[str]], int]


def commands() -> dict[str, EntryPoint]:
    """Every command that an installed package brings, by name; the first package wins."""
    return {entry.name: entry for entry in reversed(tuple(entry_points(group=GROUP)))}


def words(entry: EntryPoint) -> str:
    """One line of ``ecslab --help`` about it, without importing it."""
    package = entry.value.partition(":")[0].partition(".")[0]
    return f"from the package {package} (ecslab {entry.name} --help says more)"


def loaded(name: str) -> Main | None:
    """The function behind a command, None where nobody brings it. Errors: LabError where its package is not whole."""
    entry = commands().get(name)
    if entry is None:
        if name in TEACHERS:
            raise LabError(f"`ecslab {name}` is a teacher's command, and the grader is not installed here.", _REMEDY)
        return None
    try:
        main: Main = entry.load()
    except (ImportError, AttributeError) as broken:
        raise LabError(f"`ecslab {name}` cannot start: {broken}.", _REMEDY) from broken
    return main


_REMEDY = "Run `make setup` (or `pip install --editable .`) in the folder of the course's repository."
