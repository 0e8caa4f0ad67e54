"""What a container would do, as data: the grammar of ``app`` read without running it. Pure.

The simulated runtime plays a Behaviour back on the timeline. ``dockerLabels`` override it:

    sim.exit_code N        ends by itself with N          sim.duration S     ends by itself after S seconds
    sim.start_delay S      until it runs (0.5)            sim.pull_delay S   first pull of the image (1)
    sim.pull_error TEXT    the pull fails (denied, missing, network, limit, or a text of your own)
    sim.stop_delay S       from SIGTERM to the end (0)    sim.ignore_sigterm true
    sim.cpu V              vCPUs in use                   sim.memory M       MiB in use
    sim.health             healthy, unhealthy or unhealthy_after:S

Invariant: the same command, environment and labels give the same Behaviour. A label that cannot be read is
taken as absent. ``tests/images`` proves on the real program that both do the same.
"""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ecslab.images.sdk import NO_BOTO3, failure, has_sdk

SIGTERM_EXIT = 143
SIGKILL_EXIT = 137
USAGE_EXIT = 2
SHELLS = frozenset(("sh", "/bin/sh", "bash", "/bin/bash", "ash", "/bin/ash", "dash", "/bin/dash"))
MOST_ITEMS = 1000
"""Lines of an endless worker that are played; then it works on in silence, so that a day stays cheap."""
FETCH_TIME = 0.1
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Times are seconds after the container runs. ``duration`` None: it runs until it is stopped.

    ``listens`` are container ports; ``any_port`` for a program that is not the lab's. ``stop_code`` is the exit
    code after SIGTERM. ``ignores_sigterm``: only SIGKILL ends it; ``swallows_sigterm``: so it is as PID 1, unless
    an init process is asked for. ``unhealthy_after`` None: healthy as long as it answers.
    """

    duration: float | None = None
    exit_code: int = 0
    listens: frozenset[int] = frozenset()
    any_port: bool = False
    ignores_sigterm: bool = False
    swallows_sigterm: bool = False
    stop_code: int = SIGTERM_EXIT
    stop_line: str = ""
    stop_delay: float = 0.0
    start_delay: float = 0.5
    memory: int = 0
    """Bytes touched ``memory_at`` seconds after the start."""
    memory_at: float = 0.0
    cpu: float = 0.0
    """vCPUs in use."""
    lines: tuple[tuple[float, str], ...] = ()
    item_every: float = 0.0
    """An endless worker prints a line each so many seconds; 0 for none."""
    call: tuple[str, ...] = ()
    """A call of AWS (service, operation, Name=value …) made when it ends: its answer is the last line, its failure the
    exit code 1. Who plays this asks the container's Outside."""
    fetch: str = ""
    """The same for a URL, tried ``retries`` times more, a second apart."""
    retries: int = 0
    passed: Behaviour | None = None
    """What follows a call or fetch that ended with 0; None: the container exits with 0."""
    failed: Behaviour | None = None
    """What follows one that failed; None: it exits with 1."""
    health: str = ""
    """What the label forces: healthy, unhealthy, or empty for what the program would say."""
    unhealthy_after: float | None = None

    @property
    def asks(self) -> bool:
        """Whether its exit code is the outside's to say."""
        return bool(self.call or self.fetch)

    def output(self) -> Iterator[tuple[float, str]]:
        """(seconds after the start, line), in order."""
        yield from self.lines
        if self.item_every > 0:
            for item in range(1, MOST_ITEMS + 1):
                yield self.item_every * item, f"worked item {item}"


Part = tuple[str, list[str]]
"""A simple command of a script, with the operator before it."""
FOREIGN = Behaviour(any_port=True)
"""What a program is taken for that is not the lab's: a server that listens on every port."""


def behaviour(argv: Sequence[str], environment: Mapping[str, str], labels: Mapping[str, str]) -> Behaviour:
    """What ``argv`` (entry point and command) does."""
    return _overridden(_of_command(tuple(argv), environment), labels)


def commands(argv: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The simple commands of a ``sh -c`` script, each with the operator before it (``&&``, ``||``, ``;``, ``&``).

    Anything else is one command, with no operator.
    """
    words = list(argv)
    if len(words) < 3 or words[0] not in SHELLS or words[1] not in ("-c", "-ec"):
        return [("", words)]
    try:
        lexer = shlex.shlex(words[2].replace("\n", ";"), posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        tokens = list(lexer)
    except ValueError:
        return [("", words)]
    found: list[tuple[str, list[str]]] = []
    operator = ""
    for is_operator, group in itertools.groupby(tokens, key=lambda token: set(token) <= set(";&|")):
        if is_operator:
            operator = next(group)
        else:
            found.append((operator, list(group)))
    return found


def skipped(operator: str, code: int) -> bool:
    """Whether a shell passes over the command after ``operator`` when the one before it ended with ``code``."""
    return (operator == "&&" and code != 0) or (operator == "||" and code == 0)


def _of_command(argv: tuple[str, ...], environment: Mapping[str, str]) -> Behaviour:
    parts = commands(argv)
    whole = _in_turn(parts, 0, environment) or Behaviour(duration=0.0)
    if len(parts) > 1 and parts[-1][1][:1] != ["exec"]:
        whole = _in_shell(whole)
    return whole


def _in_turn(parts: Sequence[Part], code: int, environment: Mapping[str, str]) -> Behaviour | None:
    """What is left of a script after a command that ended with ``code``; None for nothing."""
    steps: list[Behaviour] = []
    for at, (operator, words) in enumerate(parts):
        if skipped(operator, steps[-1].exit_code if steps else code):
            continue
        bare = words[1:] if words[:1] == ["exec"] else words
        steps.append(_joined(_steps(bare, environment)))
        if steps[-1].asks:
            steps[-1] = _followed(steps[-1], partial(_in_turn, parts[at + 1 :], environment=environment))
            break
        if bare[:1] == ["exit"]:
            break
    return _joined(steps, go_on=True) if steps else None


def _followed(step: Behaviour, rest: Callable[[int], Behaviour | None]) -> Behaviour:
    """``step`` with the rest of its script behind every way in which it can end."""
    if not step.asks:
        after = rest(step.exit_code) if step.duration is not None else None
        return _joined([step, after], go_on=True) if after is not None else step
    passed = _followed(step.passed or Behaviour(duration=0.0), rest)
    return replace(step, passed=passed, failed=_followed(step.failed or Behaviour(duration=0.0, exit_code=1), rest))


def _in_shell(step: Behaviour | None) -> Behaviour:
    """Run by a shell that waits for it: as PID 1 the shell passes no SIGTERM on."""
    if step is None:
        return Behaviour(duration=0.0)
    if not step.asks:
        return replace(step, swallows_sigterm=True)
    failed = step.failed or Behaviour(duration=0.0, exit_code=1)
    return replace(step, swallows_sigterm=True, passed=_in_shell(step.passed), failed=_in_shell(failed))


def _steps(words: list[str], environment: Mapping[str, str]) -> list[Behaviour]:
    if words[:1] != ["app"]:
        return [_foreign(words)]
    split: list[list[str]] = [[]]
    for word in words[1:] or ["help"]:
        if word == "then":
            split.append([])
        else:
            split[-1].append(word)
    return [_step(step, environment) for step in split]


def _foreign(words: list[str]) -> Behaviour:
    name, rest = (words[0], words[1:]) if words else ("", [])
    if name in ("true", "false", ":", "exit"):
        code = {"false": 1, "exit": _whole(rest[0]) if rest else 0}.get(name, 0)
        return Behaviour(duration=0.0, exit_code=code)
    if name == "echo":
        return Behaviour(duration=0.0, lines=((0.0, " ".join(rest)),))
    if name == "sleep" and rest and _seconds(rest[0]) is not None:
        return Behaviour(duration=_finite(_seconds(rest[0])), swallows_sigterm=True)
    return FOREIGN


def _joined(steps: Sequence[Behaviour], *, go_on: bool = False) -> Behaviour:
    """One after the other, while they end with 0, or in any case."""
    whole, at = Behaviour(duration=0.0), 0.0
    lines: list[tuple[float, str]] = []
    for number, step in enumerate(steps):
        lines += [(at + offset, text) for offset, text in step.lines]
        memory_at = at + step.memory_at if step.memory > whole.memory else whole.memory_at
        memory = max(whole.memory, step.memory)
        cpu = max(whole.cpu, step.cpu)
        whole = replace(step, lines=tuple(lines), memory=memory, memory_at=memory_at, cpu=cpu)
        if step.duration is None:
            return whole
        at += step.duration
        whole = replace(whole, duration=at)
        if step.asks:
            rest = list(steps[number + 1 :])
            return replace(whole, passed=_joined(rest)) if rest else whole
        if step.exit_code and not go_on:
            return whole
    return whole


# The steps of the program


def _step(words: list[str], environment: Mapping[str, str]) -> Behaviour:
    name = words[0] if words else ""
    wanted, known = _SHAPES.get(name, (0, ""))
    given = _parse(words[1:], known)
    if name not in _SHAPES or given is None or wanted not in (_ANY, len(given[0])):
        return _refused(f"'{' '.join(words)}' is not understood")
    positional, option = given
    every = _seconds(option) if option else None
    if name == "serve":
        return _serve(_whole(option or environment.get("PORT") or "80"), environment)
    if name == "work":
        pause = 1.0 if every is None else max(every, 0.001)
        finish = _seconds(environment.get("FINISH") or "0") or 0.0
        return Behaviour(stop_code=0, stop_line="finishing", stop_delay=finish, item_every=pause)
    if name == "stubborn":
        return Behaviour(ignores_sigterm=True, lines=((0.0, "ignoring SIGTERM"),))
    if name == "aws":
        return _aws(positional, environment)
    if name in ("health", "help"):
        return Behaviour(duration=0.0, exit_code=1 if name == "health" else 0)
    return _counted(name, positional[0], every or 0.0)


def _counted(name: str, word: str, option: float) -> Behaviour:
    """The steps with one word."""
    if name == "fetch":
        return Behaviour(duration=FETCH_TIME, fetch=word, retries=int(_finite(option) or 0))
    value = _seconds(word)
    if value is None or (math.isinf(value) and name not in ("sleep", "burn")):
        return _refused(f"'{word}' is not a number")
    if name == "sleep":
        return Behaviour(duration=_finite(value))
    if name == "burn":
        return Behaviour(duration=_finite(value), cpu=1.0)
    if name == "exit":
        line = f"exiting with code {int(value)}"
        return Behaviour(duration=option, exit_code=int(value), lines=((option, line),))
    if name == "hog":
        lines = ((option, f"taking {int(value)} MiB"), (option + 0.01, f"holding {int(value)} MiB"))
        return Behaviour(memory=int(value) * MIB, memory_at=option, lines=lines)
    count = int(value)
    return Behaviour(duration=count * option, lines=tuple((option * at, f"line {at + 1}") for at in range(count)))


def _serve(port: int, environment: Mapping[str, str]) -> Behaviour:
    line = f"listening on port {port}, version {environment.get('VERSION', '0')}"
    return Behaviour(listens=frozenset((port,)), stop_code=0, stop_line="finishing", lines=((0.0, line),))


def _aws(words: list[str], environment: Mapping[str, str]) -> Behaviour:
    """A call of AWS; what AWS answers is played by the runtime, which asks its Outside (``call``)."""
    if len(words) < 2 or any("=" not in pair or pair.startswith("=") for pair in words[2:]):
        return _refused("aws: which service and operation, and parameters as Name=value")
    if not has_sdk(environment):
        return Behaviour(duration=0.0, exit_code=1, lines=((0.0, failure(501, "NoBoto3", NO_BOTO3)[1].rstrip()),))
    return Behaviour(duration=FETCH_TIME, call=tuple(words))


def _refused(problem: str) -> Behaviour:
    return Behaviour(duration=0.0, exit_code=USAGE_EXIT, lines=((0.0, f"app: {problem}; try: app help"),))


_ANY = -1
_SHAPES = {
    "serve": (0, "port"),
    "work": (0, "every"),
    "sleep": (1, ""),
    "exit": (1, "after"),
    "hog": (1, "after"),
    "burn": (1, ""),
    "log": (1, "every"),
    "stubborn": (0, ""),
    "fetch": (1, "retries"),
    "health": (0, "port"),
    "aws": (_ANY, ""),
    "help": (0, ""),
}
"""As in the program: how many words a step needs, and the one option it knows."""


def _parse(words: list[str], known: str) -> tuple[list[str], str] | None:
    """(positional words, the option's value); None when it cannot be understood."""
    positional, value = [], ""
    given = iter(words)
    for word in given:
        if not word.startswith("--"):
            positional.append(word)
            continue
        option, equals, value = word[2:].partition("=")
        value = value if equals else next(given, "")
        if not known or option != known or not value:
            return None
    return positional, value


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else max(value, 0.0)


def _finite(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else seconds


def _whole(text: str) -> int:
    return int(_finite(_seconds(text)) or 0)


# Labels


def _overridden(natural: Behaviour, labels: Mapping[str, str]) -> Behaviour:
    if not any(name.startswith("sim.") for name in labels):
        return natural
    passed, failed = (each and _overridden(each, labels) for each in (natural.passed, natural.failed))
    natural = replace(natural, passed=passed, failed=failed)
    if "sim.exit_code" in labels or "sim.duration" in labels:
        natural = replace(natural, call=(), fetch="")
    read = {name: _finite(_seconds(labels.get(name, ""))) for name in _NUMBERS}
    changes: dict[str, object] = {
        field: convert(value) for name, (field, convert) in _NUMBERS.items() if (value := read[name]) is not None
    }
    if read["sim.exit_code"] is not None and read["sim.duration"] is None and natural.duration is None:
        changes["duration"] = 0.0
    if labels.get("sim.ignore_sigterm", "").lower() in ("true", "1", "yes"):
        changes["ignores_sigterm"] = True
    kind, _, after = labels.get("sim.health", "").partition(":")
    if kind in ("healthy", "unhealthy", "unhealthy_after"):
        changes["health"] = "healthy" if kind == "healthy" else "unhealthy"
        changes["unhealthy_after"] = None if kind == "healthy" else _seconds(after) or 0.0
    return replace(natural, **changes)  # type: ignore[arg-type]


_NUMBERS: dict[str, tuple[str, Callable[[float], object]]] = {
    "sim.exit_code": ("exit_code", int),
    "sim.duration": ("duration", float),
    "sim.start_delay": ("start_delay", float),
    "sim.stop_delay": ("stop_delay", float),
    "sim.cpu": ("cpu", float),
    "sim.memory": ("memory", lambda mib: int(mib * MIB)),
}
_PULL_PROBLEMS = {
    "denied": "Check that the role has the permissions to pull images from the registry. pull access denied",
    "missing": "Check whether the image exists. pull image manifest has been retried 5 time(s): failed to resolve ref",
    "network": "Check your network configuration. net/http: request canceled while waiting for connection",
    "limit": "toomanyrequests: Too Many Requests or You have reached your pull rate limit.",
}
"""By kind, in AWS's words (facts: stop.pull_texts)."""


def pull_delay(labels: Mapping[str, str]) -> float:
    """Seconds the first pull of an image takes."""
    seconds = _finite(_seconds(labels.get("sim.pull_delay", "")))
    return 1.0 if seconds is None else seconds


def pull_problem(image: str, labels: Mapping[str, str]) -> str:
    """Why the pull of ``image`` fails, empty when it does not."""
    kind = labels.get("sim.pull_error", "")
    if not kind:
        return ""
    known = _PULL_PROBLEMS.get(kind)
    return f"The task can't pull the image '{image}'. {known}" if known else kind
