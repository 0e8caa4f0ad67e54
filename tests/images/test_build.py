"""The lab's images as the engine has them, and the base made of this machine."""

from __future__ import annotations

import dataclasses
import io
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from ecslab.errors import CannotPullContainerError
from ecslab.images import build, offline
from ecslab.images.catalogue import IMAGES, LabImage


@pytest.fixture
def client() -> Iterator[Any]:
    connected = docker.from_env(timeout=120)
    yield connected
    connected.close()


@pytest.fixture
def image(client: Any) -> Iterator[LabImage]:
    """An image with a name nobody else has."""
    mine = dataclasses.replace(IMAGES["ecslab/web:1"], reference=f"ecslab/test-{uuid.uuid4().hex[:8]}:1")
    yield mine
    if client.images.list(mine.reference):
        client.images.remove(mine.reference)


def output(client: Any, reference: str, *command: str, **fields: Any) -> str:
    told: bytes = client.containers.run(reference, entrypoint=list(command), remove=True, **fields)
    return told.decode()


@pytest.mark.docker
def test_an_image_is_built_once(client: Any, image: LabImage) -> None:
    build.ensure(client, image)
    first = client.images.get(image.reference)
    build.ensure(client, image)
    assert client.images.get(image.reference).id == first.id
    assert first.labels[build.LABEL_DIGEST] == image.digest


@pytest.mark.docker
def test_an_image_of_another_program_is_built_anew_and_the_old_one_goes(client: Any, image: LabImage) -> None:
    old = dataclasses.replace(image, digest="sha256:of-an-older-program")
    build.ensure(client, old)
    before = client.images.get(image.reference).id
    build.ensure(client, image)
    now = client.images.get(image.reference)
    assert now.labels[build.LABEL_DIGEST] == image.digest
    assert now.id != before
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get(before)


@pytest.mark.docker
def test_an_image_has_its_stage_and_its_environment(client: Any, image: LabImage) -> None:
    build.ensure(client, image)
    config = client.images.get(image.reference).attrs["Config"]
    assert config["Entrypoint"] == ["app"]
    assert tuple(config["Cmd"]) == image.command
    assert "VERSION=1" in config["Env"]


@pytest.mark.docker
def test_a_container_of_the_lab_has_a_shell_a_user_and_room_for_temporary_files(client: Any, image: LabImage) -> None:
    build.ensure(client, image)
    assert output(client, image.reference, "sh", "-c", "echo $((6 * 7))").strip() == "42"
    written = "echo kept > /tmp/note && cat /tmp/note && id -u"
    assert output(client, image.reference, "sh", "-c", written, user="1000").split() == ["kept", "1000"]


@pytest.mark.docker
def test_names_are_looked_up_in_etc_hosts(client: Any, image: LabImage) -> None:
    build.ensure(client, image)
    program = "import socket; print(socket.gethostbyname('shop'))"
    found = output(client, image.reference, "python3", "-c", program, extra_hosts={"shop": "10.1.2.3"})
    assert found.strip() == "10.1.2.3"


def test_the_offline_base_holds_this_python_and_nothing_that_was_installed() -> None:
    with tarfile.open(fileobj=io.BytesIO(offline.rootfs())) as tar:
        names = [entry.name for entry in tar.getmembers()]
        modes = {entry.name: entry.mode for entry in tar.getmembers()}
    assert len(names) == len(set(names))
    assert any(name.endswith("/json/decoder.py") for name in names)
    assert {"usr/local/bin/python3", "bin/sh", "etc/passwd"} <= set(names)
    assert modes["tmp"] == 0o1777
    assert [name for name in names if "site-packages" in name or "/idlelib/" in name] == []


def test_only_the_stages_of_an_image_are_built() -> None:
    starts = [line for line in build.stages("web").splitlines() if line.startswith("FROM ")]
    assert starts == ["FROM ${BASE} AS tool", "FROM tool AS web"]
    assert build.stages("tool").count("FROM ") == 1


def test_where_no_base_can_be_made_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(OSError, match="Linux only"):
        offline.rootfs()
    with pytest.raises(CannotPullContainerError, match="Connect to the internet once"):
        build._import_base(None)
