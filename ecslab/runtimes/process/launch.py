"""What is started for a container: its command line, its environment and its folders. It starts nothing.

Invariant: a container sees its own environment and PATH, nothing of the lab server's (but the mark of a test run).
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from ecslab.errors import CannotStartContainerError
from ecslab.images import catalogue, packages
from ecslab.images.behaviour import SHELLS
from ecslab.images.catalogue import LabImage
from ecslab.images.sdk import has_sdk
from ecslab.runtimes.base import ContainerSpec
from ecslab.runtimes.process import supervise

SUPERVISOR = Path(supervise.__file__)
PROGRAM_NAMES = frozenset(("app", "/usr/local/bin/app"))
INHERITED = ("ECSLAB_TEST_RUN",)
"""A test run marks all it starts, to find what outlives it."""
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def words_of(image: LabImage, spec: ContainerSpec) -> tuple[str, ...]:
    """Entry point and command; CannotStartContainerError for a program this runtime does not have."""
    return runnable(catalogue.argv_of(image, spec.entry_point, spec.command))


def runnable(words: tuple[str, ...]) -> tuple[str, ...]:
    """The same, with the program under its plain name; CannotStartContainerError."""
    if words and words[0] in PROGRAM_NAMES:
        return ("app", *words[1:])
    if words and words[0] in SHELLS:
        return words
    raise CannotStartContainerError(
        f'exec: "{words[0] if words else ""}": executable file not found in $PATH. The process runtime runs the '
        "lab's own program (app) and shells (sh); start the lab with Docker to run any program."
    )


def arguments(owner_fd: int, words: tuple[str, ...], *, init: bool = False) -> list[str]:
    """The command line of a process: the supervisor, and what it is to run."""
    python = [sys.executable, "-I", "-S", str(SUPERVISOR)]
    return [*python, str(owner_fd), str(catalogue.PROGRAM), "1" if init else "0", *words]


def environment(image: LabImage, spec: ContainerSpec, programs: Path, scratch: Path) -> dict[str, str]:
    """What the container sees. ``programs`` is the folder in which a shell finds ``app``; ``scratch`` its own folder.

    HOME is its own, for a learner's ~/.aws has credentials that are nobody's here.
    """
    wiring = spec.wiring
    own = {**image.environment, **spec.environment}
    path = own.get("PATH", SYSTEM_PATH)
    home = scratch / "root"
    lab = {
        "HOME": own.get("HOME") or str(home),
        "PATH": f"{programs}:{path}",
        "HOSTNAME": scratch.name[:12],
        "ECSLAB_ADDRESS": wiring.address or "127.0.0.1",
        "ECSLAB_PORT_SHIFT": str(wiring.port_shift),
        "ECSLAB_HOSTS": ",".join(f"{name}={address}" for name, address in wiring.hosts),
    }
    if wiring.aws:
        lab["ECSLAB_AT"] = f"{wiring.aws}/_ecslab/at/"
    if has_sdk(own):
        lab["ECSLAB_SDK"] = os.pathsep.join(packages.folders())
    marks = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"LANG": "C.UTF-8", **marks, **own, **lab}


def install_program(programs: Path) -> None:
    """Put ``app`` into a folder, for shells to find."""
    programs.mkdir(parents=True, exist_ok=True)
    file = programs / "app"
    command = shlex.join([sys.executable, "-I", "-S", str(catalogue.PROGRAM)])
    file.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    file.chmod(0o755)


def directory(scratch: Path, working_directory: str) -> Path:
    """The folder a container works in, inside its own scratch folder."""
    wanted = (scratch / "root" / (working_directory or "app").lstrip("/")).resolve()
    chosen = wanted if wanted.is_relative_to(scratch.resolve()) else scratch / "root"
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen
