"""The lab's own images: which there are, and what each does when it is started. It builds and runs nothing.

Invariant: a digest depends on the program, the command and the environment only (and for ecslab/sdk on the version of
boto3), so it is the same on every machine and changes when what the image does changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecslab.images import packages
from ecslab.images.sdk import FOLDER

PROGRAM = Path(__file__).with_name("app.py")
"""The program inside the images."""
SIBLINGS = ("dial.py", "sdk.py")
"""Its other files."""
DOORWAY_PROGRAM = Path(__file__).with_name("doorway.py")
ENTRY_POINT = ("app",)
REPOSITORY = "ecslab/"
"""What every reference of the lab begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabImage:
    """One image: ``command`` and ``environment`` are its defaults, ``digest`` is ``sha256:<hex>``.

    ``target`` is its stage in the Dockerfile; ``environment`` holds the stage's build arguments as well.
    """

    reference: str
    target: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""


_STAGES: dict[str, tuple[str, ...]] = {
    "web": ("serve",),
    "broken": ("exit", "1", "--after", "2"),
    "worker": ("work",),
    "tool": ("help",),
    "sdk": ("serve",),
}
"""The command of each stage of the Dockerfile."""
_STAGE_OF: dict[str, tuple[str, dict[str, str]]] = {
    "ecslab/web:1": ("web", {"VERSION": "1"}),
    "ecslab/web:2": ("web", {"VERSION": "2"}),
    "ecslab/web:latest": ("web", {"VERSION": "2"}),
    "ecslab/web:broken": ("broken", {}),
    "ecslab/worker:1": ("worker", {}),
    "ecslab/worker:latest": ("worker", {}),
    "ecslab/tool:1": ("tool", {}),
    "ecslab/tool:latest": ("tool", {}),
    "ecslab/sdk:1": ("sdk", {"VERSION": "1", "PYTHONPATH": FOLDER}),
    "ecslab/sdk:latest": ("sdk", {"VERSION": "1", "PYTHONPATH": FOLDER}),
}


def _image(reference: str, program: bytes) -> LabImage:
    target, environment = _STAGE_OF[reference]
    command = _STAGES[target]
    content = program + json.dumps([command, environment], sort_keys=True).encode()
    content += packages.mark() if target == "sdk" else b""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return LabImage(reference=reference, target=target, command=command, environment=environment, digest=digest)


def _all() -> dict[str, LabImage]:
    program = b"".join(path.read_bytes() for path in (PROGRAM, *map(PROGRAM.with_name, SIBLINGS)))
    return {reference: _image(reference, program) for reference in _STAGE_OF}


IMAGES: Mapping[str, LabImage] = _all()
"""By reference, tag included."""
DOORWAY = LabImage(
    reference="ecslab/doorway:1",
    target="doorway",
    command=(),
    digest=f"sha256:{hashlib.sha256(DOORWAY_PROGRAM.read_bytes()).hexdigest()}",
)
"""The image of the lab's own doorway (networks/docker_doorway.py); no task can have it."""


def find(reference: str) -> LabImage | None:
    """The lab image of that name; without a tag ``latest`` is meant, as everywhere. None for any other image."""
    if ":" not in reference:
        reference = f"{reference}:latest"
    return IMAGES.get(reference)


def names() -> str:
    """The references in one line, for messages."""
    return ", ".join(IMAGES)


def argv_of(
    image: LabImage | None, entry_point: tuple[str, ...] | None, command: tuple[str, ...] | None
) -> tuple[str, ...]:
    """What is run, as Docker puts it together: an ``entryPoint`` of the container's own drops the image's command."""
    if entry_point:
        return (*entry_point, *(command or ()))
    if image is None:
        return command or ()
    return (*ENTRY_POINT, *(command or image.command))


def missing(reference: str) -> str:
    """Why a reference of the lab's that is not in the catalogue cannot be pulled, in AWS's words and then ours."""
    return (
        f"The task can't pull the image '{reference}'. Check whether the image exists. pull image manifest has been "
        f"retried 1 time(s): failed to resolve ref {reference}: not found. The lab has {names()}."
    )
