"""``ecslab course new | build | prove | release``: the grammar, and which function answers.

An entry point of the group ``ecslab.commands``. Invariant: exit code 0 done, 1 not (with a sentence, or a LabError that
``ecslab`` says), 2 wrong usage; what a command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str]) -> int:
    """Run one command of ``ecslab course``; the exit code. Errors: LabError with what to try."""
    arguments = parser().parse_args(argv)
    command: Command = arguments.run
    return command(arguments)


def parser() -> argparse.ArgumentParser:
    """The grammar of ``ecslab course``."""
    whole = argparse.ArgumentParser(prog="ecslab course", description="Make a course and its labs, prove and release.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    made = _command(commands, "new", new, "make a lab (or, with --course and no name, a course folder)")
    made.add_argument("name", nargs="?", metavar="NN-name", help="the lab: two digits and words, such as 20-blue-green")

    built = _command(commands, "build", build, "write the notebooks of labs from their lab.py")
    built.add_argument("labs", nargs="*", metavar="LAB", help="names of labs (all, if none is named)")
    built.add_argument("--check", action="store_true", help="write nothing; fail where a notebook is not current")

    proven = _command(commands, "prove", prove, "unsolved 0, solved full, each mistake its finding; what is missing")
    proven.add_argument("labs", nargs="*", metavar="LAB", help="names of labs (all, if none is named)")
    proven.add_argument("--question", default="", metavar="N.N", help="only this question")
    proven.add_argument("--solved", action="store_true", help="no mistakes")
    proven.add_argument("--runtime", default="simulated", choices=("simulated", "process", "docker"))
    proven.add_argument("--runs", type=_count, default=1, metavar="N", help="N runs with equal findings and journals")
    proven.add_argument("--sandbox", action="store_true", help="also grade it all as `ecslab grade` does, and compare")
    proven.add_argument("--nbgrader", action="store_true", help="also grade it all with nbgrader, and compare (slow)")
    proven.add_argument("--strict", action="store_true", help="exit code 1 where something is missing, too")
    proven.add_argument("--workers", type=_count, default=os.cpu_count() or 1, metavar="N", help="at the same time")

    released = _command(commands, "release", release, "the notebook to hand out, without solutions, and a zip of it")
    released.add_argument("name", metavar="NN-name", help="the lab")
    released.add_argument("--checks", action="store_true", help="with the checks, so that lab.check answers learners")
    return whole


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Command, what: str
) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    found.add_argument(
        "--course", type=Path, metavar="DIR", help="a course folder of your own (else the one you are in)"
    )
    found.set_defaults(run=run)
    return found


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few: use 1 or more")
    return number


# ── the commands ──────────────────────────────────────────────────────────────────────────────────────────────


def new(arguments: argparse.Namespace) -> int:
    """Make a course folder, or a lab in one."""
    from ecslab.errors import LabError
    from grader.authoring import scaffold
    from grader.authoring.place import place
    from grader.build import build as write
    from grader.build import lab

    if arguments.name is None:
        if arguments.course is None:
            raise LabError("What is to be made?", "ecslab course new NN-name, or ecslab course new --course DIR")
        folder = scaffold.new_course(arguments.course)
        print(f"Made the course {folder}.\nNext: ecslab course new 01-first --course {folder}")
        return 0
    where = place(arguments.course)
    folder = scaffold.new_lab(where, arguments.name)
    write(lab(folder), where.course)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"made {path}")
    print("It builds and proves as it is. Change lab.py, checks.py and mistakes/ to what you want to teach, then")
    print(f"  ecslab course build {arguments.name}{where.option}\n  ecslab course prove {arguments.name}{where.option}")
    return 0


def build(arguments: argparse.Namespace) -> int:
    """Write the notebooks of labs."""
    from grader.authoring.building import build as built

    return built(arguments)


def prove(arguments: argparse.Namespace) -> int:
    """Prove labs."""
    from grader.authoring.proving import prove as proven

    return proven(arguments)


def release(arguments: argparse.Namespace) -> int:
    """Release a lab."""
    from grader.authoring.release import release as released

    return released(arguments)
