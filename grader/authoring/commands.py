"""``ecslab course new | build | prove | release``: the grammar, and which function answers.

An entry point of the group ``ecslab.commands``. Invariant: exit code 0 done, 1 not (with a sentence), 2 wrong usage.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str]) -> int:
    """Run one command of ``ecslab course``; the exit code."""
    arguments = parser().parse_args(argv)
    command: Command = arguments.run
    return command(arguments)


def parser() -> argparse.ArgumentParser:
    """The grammar of ``ecslab course``."""
    whole = argparse.ArgumentParser(prog="ecslab course", description="Make, prove and release labs.")
    whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    return whole
