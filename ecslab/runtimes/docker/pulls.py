"""Fetching images: each at most once at a time, in a thread of its own, however many tasks ask for it.

It has no time of the lab and no retries; the agent asks again. Invariant: a pull that failed is forgotten, so the
next one who asks tries anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from docker.errors import APIError, ImageNotFound

from ecslab.engine import translated
from ecslab.errors import CannotPullContainerError, ContainerRuntimeError, TaskError
from ecslab.images import build
from ecslab.images.catalogue import REPOSITORY, find, missing

PATIENCE = 2.0
"""Real seconds that one who asks waits for an image before he is told that it is on its way."""
_NETWORK = ("dial tcp", "no such host", "timeout", "connection refused", "network is unreachable", "canceled")
_DENIED = ("unauthorized", "no basic auth", "authentication required", "403 Forbidden")
_MISSING = ("not found", "does not exist", "manifest unknown", "invalid reference")


class Pulls:
    """The images that are here, and those on their way."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._here: set[str] = set()
        self._coming: dict[str, _Pull] = {}
        self._lock = threading.Lock()

    def ask(self, image: str) -> bool:
        """True once it is here, False while it is on its way. CannotPullContainerError."""
        if image in self._here:
            return True
        with self._lock:
            pull = self._coming.get(image)
            if pull is None:
                pull = self._coming[image] = _Pull(lambda: self._fetch(image))
        if not pull.done.wait(PATIENCE):
            return False
        with self._lock:
            if self._coming.get(image) is pull:
                del self._coming[image]
        if pull.error is not None:
            raise pull.error
        self._here.add(image)
        return True

    def forget(self, image: str) -> None:
        """It turned out not to be here any more."""
        self._here.discard(image)

    def _fetch(self, image: str) -> None:
        known = find(image)
        if known is not None:
            build.ensure(self._client, known)
        elif image.startswith(REPOSITORY):
            raise CannotPullContainerError(missing(image))
        elif not self._has(image):
            self._download(image)

    def _has(self, image: str) -> bool:
        try:
            self._client.api.inspect_image(image)
        except ImageNotFound:
            return False
        return True

    def _download(self, image: str) -> None:
        tagged = image if "@" in image or ":" in image.rsplit("/", 1)[-1] else f"{image}:latest"
        try:
            for line in self._client.api.pull(tagged, stream=True, decode=True):
                if "error" in line:
                    raise CannotPullContainerError(explained(image, str(line["error"])))
        except APIError as refused:
            raise CannotPullContainerError(explained(image, refused.explanation or str(refused))) from None


class _Pull:
    """One pull under way."""

    def __init__(self, fetch: Callable[[], None]) -> None:
        self.done = threading.Event()
        self.error: TaskError | None = None
        self._fetch = fetch
        threading.Thread(target=self._run, name="ecslab-docker-pull", daemon=True).start()

    def _run(self) -> None:
        try:
            with translated(CannotPullContainerError):
                self._fetch()
        except TaskError as error:
            self.error = error
        except Exception as error:  # whatever it is, those who wait must hear of it
            self.error = ContainerRuntimeError(f"{type(error).__name__}: {error}")
        finally:
            self.done.set()


def explained(image: str, told: str) -> str:
    """The engine's words after the sentence that AWS puts in front of them (facts: stop.pull_texts)."""
    texts = (
        (_DENIED, "Check that the role has the permissions to pull images from the registry."),
        (_MISSING, "Check whether the image exists."),
        (_NETWORK, "Check your network configuration."),
    )
    for signs, advice in texts:
        if any(sign in told for sign in signs):
            return f"The task can't pull the image '{image}'. {advice} {told}"
    return f"The task can't pull the image '{image}'. {told}"
