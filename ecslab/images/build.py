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
from pathlib import Path
from typing import Any

from ecslab.errors import CannotPullContainerError
from ecslab.images import offline
from ecslab.images.catalogue import PROGRAM, LabImage

LABEL_DIGEST = "ecslab.digest"
"""Label of a lab image: the digest of what it does."""
REGISTRY_BASE = "python:3.12-alpine"
OFFLINE_BASE = "ecslab/base"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
_building = threading.Lock()


def ensure(client: Any, image: LabImage) -> None:
    """Have ``image`` in the engine of ``client`` (a ``docker.DockerClient``). CannotPullContainerError."""
    if _current(client, image):
        return
    with _building:
        if not _current(client, image):
            _build(client, image, _base(client))


def _current(client: Any, image: LabImage) -> bool:
    from docker.errors import ImageNotFound

    try:
        found = client.images.get(image.reference)
    except ImageNotFound:
        return False
    return bool((found.labels or {}).get(LABEL_DIGEST) == image.digest)


def _base(client: Any) -> str:
    """The base to build on: one that is here, one from a registry, or one made of this machine."""
    from docker.errors import APIError, ImageNotFound

    for name in (_offline_name(), REGISTRY_BASE):
        try:
            client.images.get(name)
        except ImageNotFound:
            continue
        return name
    try:
        client.images.pull(REGISTRY_BASE)
        return REGISTRY_BASE
    except (APIError, ImageNotFound):
        return _import_base(client)


def _offline_name() -> str:
    version = f"{sys.version}|{sys.executable}|{offline.PROGRAMS}"
    return f"{OFFLINE_BASE}:{hashlib.sha256(version.encode()).hexdigest()[:12]}"


def _import_base(client: Any) -> str:
    name = _offline_name()
    repository, _, tag = name.partition(":")
    try:
        content = offline.rootfs()
    except OSError as failed:
        raise CannotPullContainerError(
            f"no registry gives {REGISTRY_BASE}, and {failed}. Connect to the internet once so that it can be pulled."
        ) from None
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    client.api.import_image_from_data(content, repository=repository, tag=tag, changes=[f"ENV PATH={path}"])
    return name


def _build(client: Any, image: LabImage, base: str) -> None:
    from docker.errors import APIError, BuildError

    try:
        client.images.build(
            fileobj=_context(),
            custom_context=True,
            tag=image.reference,
            target=image.target,
            buildargs={"BASE": base, **image.environment},
            labels={LABEL_DIGEST: image.digest},
            rm=True,
            forcerm=True,
        )
    except (APIError, BuildError) as failed:
        raise CannotPullContainerError(f"the lab's image {image.reference} could not be built: {failed}") from None


def _context() -> io.BytesIO:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, path in (("Dockerfile", DOCKERFILE), ("app.py", PROGRAM)):
            entry = tar.gettarinfo(str(path), name)
            entry.mode, entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0o755, 0, 0, 0, "", ""
            with path.open("rb") as content:
                tar.addfile(entry, content)
    target.seek(0)
    return target
