"""Building the lab's images: one Dockerfile, with a base from a registry or made of this machine's Python.

An image is built when it is first pulled, and again when the program has changed. Invariant: an image that
carries the label of the program's digest is never built twice.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from docker.errors import DockerException, ImageNotFound

from ecslab.engine import LOST, quietly, translated
from ecslab.errors import CannotPullContainerError
from ecslab.images import offline, packages
from ecslab.images.catalogue import DOORWAY, DOORWAY_PROGRAM, PROGRAM, SIBLINGS, LabImage
from ecslab.timeline import real_monotonic

LABEL_DIGEST = "ecslab.digest"
"""Label of a lab image: the digest of what it does."""
REGISTRY_BASE = "python:3.12-alpine"
OFFLINE_BASE = "ecslab/base"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SILENCE = 15.0
"""Real seconds without progress after which a registry is given up."""
_building = threading.Lock()


def ensure(client: Any, image: LabImage) -> None:
    """Have ``image`` in the engine of ``client`` (a ``docker.DockerClient``). CannotPullContainerError."""
    with translated(CannotPullContainerError):
        if _digest(client, image) == image.digest:
            return
        with _building:
            if _digest(client, image) != image.digest:
                _build(client, image, _base(client))


def _digest(client: Any, image: LabImage) -> str:
    """What the engine's image of that name does; empty where there is none."""
    found = _inspect(client, image.reference)
    return str((found.get("Config", {}).get("Labels") or {}).get(LABEL_DIGEST, ""))


def _inspect(client: Any, reference: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = client.api.inspect_image(reference)
    except ImageNotFound:
        return {}
    return found


def _base(client: Any) -> str:
    """The base to build on: one that is here, one from a registry, or one made of this machine."""
    for name in (offline_name(), REGISTRY_BASE):
        if _inspect(client, name):
            return name
    return REGISTRY_BASE if _fetched(client) else _import_base(client)


def _fetched(client: Any) -> bool:
    """Whether a registry gave the base; given up when nothing moves for a while."""
    moved, done = [real_monotonic()], threading.Event()

    def fetch() -> None:
        try:
            for _ in client.api.pull(REGISTRY_BASE, stream=True, decode=True):
                moved[0] = real_monotonic()
        except (DockerException, *LOST):
            pass  # no registry: whether the base is here now is what counts
        finally:
            done.set()

    threading.Thread(target=fetch, name="ecslab-docker-base", daemon=True).start()
    while not done.wait(0.1):
        if real_monotonic() - moved[0] > SILENCE:
            return False
    return bool(_inspect(client, REGISTRY_BASE))


def offline_name() -> str:
    """The name of a base made of this Python by this program: another of either gives another name."""
    version = f"{sys.version}|{sys.base_prefix}|{Path(offline.__file__).read_text(encoding='utf-8')}"
    return f"{OFFLINE_BASE}:{hashlib.sha256(version.encode()).hexdigest()[:12]}"


def _import_base(client: Any) -> str:
    name = offline_name()
    repository, _, tag = name.partition(":")
    try:
        content = offline.rootfs()
    except OSError as failed:
        raise CannotPullContainerError(
            f"no registry gives {REGISTRY_BASE}, and {failed}. Connect to the internet once so that it can be "
            f"pulled (docker pull {REGISTRY_BASE}), or start the lab with the runtime process."
        ) from None
    client.api.import_image_from_data(content, repository=repository, tag=tag, changes=[f"ENV PATH={PATH}"])
    _discard_bases(client, name)
    return name


def _build(client: Any, image: LabImage, base: str) -> None:
    before = str(_inspect(client, image.reference).get("Id", ""))
    told = client.api.build(
        fileobj=_context(image.target),
        custom_context=True,
        encoding="identity",
        tag=image.reference,
        target=image.target,
        buildargs={"BASE": base, **image.environment},
        labels={LABEL_DIGEST: image.digest},
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    )
    for line in told:
        if "error" in line:
            raise CannotPullContainerError(f"the lab's image {image.reference} could not be built: {line['error']}")
    if before:
        _discard(client, before)


def _discard(client: Any, image_id: str) -> None:
    """Delete what an image was before it was built anew, unless another name or a container still has it."""
    if not _inspect(client, image_id).get("RepoTags"):
        quietly(lambda: client.api.remove_image(image_id))


def _discard_bases(client: Any, kept: str) -> None:
    """Delete earlier offline bases; the engine refuses those that images are still built on."""
    names = [name for image in client.api.images(OFFLINE_BASE) for name in image["RepoTags"] or ()]
    for name in names:
        if name != kept:
            quietly(partial(client.api.remove_image, name))


def _context(target: str) -> io.BytesIO:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in _files(target):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    content.seek(0)
    return content


def _files(target: str) -> Iterator[tuple[str, bytes]]:
    """What the stages of a target are made of."""
    yield "Dockerfile", stages(target).encode()
    for path in (PROGRAM, *map(PROGRAM.with_name, SIBLINGS)):
        yield path.name, path.read_bytes()
    if target == DOORWAY.target:
        yield DOORWAY_PROGRAM.name, DOORWAY_PROGRAM.read_bytes()
    if target == "sdk":
        yield from ((f"packages/{name}", data) for name, data in packages.sdk())


def stages(target: str) -> str:
    """The Dockerfile with its first stage and ``target`` only: older engines build, and keep, all before it."""
    opening, first, *others = DOCKERFILE.read_text(encoding="utf-8").split("\nFROM ")
    wanted = [stage for stage in others if stage.partition("\n")[0].endswith(f" AS {target}")]
    return "\nFROM ".join((opening, first, *wanted))
