"""The command line: ``ecslab serve | up | status | stop | logs | reset | env | doctor | lab | demo``.

The only part of ecslab that prints. It parses and dispatches; each command is a function of its arguments that
returns the exit code. A command that is none of these is looked for among those that installed packages bring
(``brought``). Exit codes: 0 done, 1 it failed (one line what, one line what to try), 2 wrong usage.
Invariant: what a command needs is imported when the command runs, so ``env`` and ``status`` start at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from ecslab.errors import EcslabError

RUNTIMES = ("auto", "docker", "process", "simulated")
SHELLS = ("bash", "zsh", "fish", "powershell")
OWN = ("serve", "up", "status", "stop", "reset", "logs", "env", "doctor", "lab", "demo")
OK, FAILED, USAGE = 0, 1, 2

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if given and given[0] in OWN:
            return _own(given, parser())
        return _others(given)
    except EcslabError as failed:
        complain(getattr(failed, "message", str(failed)), getattr(failed, "hint", ""))
    except KeyboardInterrupt:
        complain("Stopped by you.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _others(given: Sequence[str]) -> int:
    """A command that another package brings; with none, what ours say to that (help, version, wrong usage)."""
    from ecslab.cli import brought

    command = brought.loaded(given[0]) if given and not given[0].startswith("-") else None
    if command is not None:
        return command(given[1:])
    return _own(given, parser({name: brought.words(entry) for name, entry in brought.commands().items()}))


def _own(given: Sequence[str], grammar: argparse.ArgumentParser) -> int:
    arguments, rest = grammar.parse_known_args(given)
    if rest and arguments.command != "lab":
        grammar.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    module, _, function = str(arguments.run).partition(":")
    command: Command = getattr(import_module(f"ecslab.cli.{module}"), function)
    return command(arguments)


def complain(message: str, hint: str = "") -> None:
    """Say on stderr what is wrong, and what to try."""
    print(f"ecslab: {message}", file=sys.stderr)
    if hint:
        print(f"  try: {hint}", file=sys.stderr)


def parser(others: Mapping[str, str] = MappingProxyType({})) -> argparse.ArgumentParser:
    """The whole grammar of the command line; ``others`` are names of further commands, with a line on each."""
    whole = argparse.ArgumentParser(prog="ecslab", description="A small Amazon ECS on this machine, for learning.")
    whole.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = _command(commands, "serve", "serving:serve", "run the lab server in the foreground")
    _server_options(serve)
    serve.add_argument("--owner-pid", type=int, metavar="PID", help="end when this process is gone")
    serve.add_argument("--remove-home", action="store_true", help=argparse.SUPPRESS)

    up = _command(commands, "up", "server:up", "start the lab server in the background, or find it running")
    _server_options(up)
    for name, what in (
        ("status", "say what runs, where, on which runtime and why"),
        ("stop", "stop the lab and everything in it"),
        ("reset", "empty the account; the server goes on"),
    ):
        _home(_command(commands, name, f"server:{name}", what))

    logs = _command(commands, "logs", "server:logs", "the server's log, or what the containers of a task wrote")
    logs.add_argument("task", nargs="?", metavar="TASK", help="a task's ARN or id")
    logs.add_argument("--container", metavar="NAME", help="only this container")
    _home(logs)

    env = _command(commands, "env", "environment:env", 'lines for the shell: eval "$(ecslab env)"')
    env.add_argument("--shell", choices=SHELLS, default="bash")
    _home(env)

    _home(_command(commands, "doctor", "doctor:doctor", "say what this machine lacks, and how to get it"))
    lab = _command(commands, "lab", "notebooks:lab", "open JupyterLab on the first lab (further options go to it)")
    lab.add_argument("--labs", type=Path, metavar="DIR", help="the folder of the labs")
    _home(lab)
    _command(commands, "demo", "notebooks:demo", "tell the story in the terminal (further: make demo)")
    for name in sorted(others.keys() - set(OWN)):
        commands.add_parser(name, help=others[name])
    return whole


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: str, what: str
) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    found.set_defaults(run=run)
    return found


def _server_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=_port, metavar="N", help="the port on 127.0.0.1; 0 for any free one (4510)")
    command.add_argument("--runtime", choices=RUNTIMES, help="what runs the containers (auto)")
    command.add_argument("--time", metavar="KIND", help="real, scaled, scaled:N or virtual (real)")
    command.add_argument("--labs", type=Path, metavar="DIR", help="the folder of the labs")
    _home(command)


def _home(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", type=Path, metavar="DIR", help="the lab's folder ($ECSLAB_HOME or ~/.ecslab)")


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port: use 0 to 65535")
    return number


class _Version(argparse.Action):
    """Prints the version, looked up only then (the lookup is slow)."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        from importlib.metadata import version

        print(f"ecslab {version('ecslab')}")
        parser.exit()
