"""A base image without a registry: the closure of this machine's own Python, as a root file system.

Used where no base can be pulled. It holds the running interpreter with its standard library, a shell and a
few small programs, and the shared libraries they need; nothing else of the machine. Linux only.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PROGRAMS = ("sh", "sleep", "cat", "ls", "env", "id", "echo", "true", "false")
"""Small programs beside Python, as far as this machine has them."""
LEFT_OUT = frozenset(
    ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "dist-packages")
)
"""Folders of the standard library that no container of the lab needs."""
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/app:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
GROUP = "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n"
FOLDERS = (("tmp", 0o1777), ("var/tmp", 0o1777), ("root", 0o700), ("app", 0o755), ("proc", 0o555), ("dev", 0o755))


def rootfs() -> bytes:
    """The root file system as an uncompressed tar. OSError where this machine is not Linux."""
    if not sys.platform.startswith("linux"):
        raise OSError("an offline base image can be made on Linux only")
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        _Builder(tar).build()
    return target.getvalue()


class _Builder:
    """Adds each file once, links as what they point to."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._added: set[str] = set()

    def build(self) -> None:
        for name, mode in FOLDERS:
            self._folder(name, mode)
        for name, text in (("etc/passwd", PASSWD), ("etc/group", GROUP), ("etc/hosts", "127.0.0.1 localhost\n")):
            self._text(name, text)
        python = Path(sys.executable).resolve()
        library = Path(sysconfig.get_path("stdlib")).resolve()
        self._file(python, str(python))
        for path in _library(library):
            self._file(path, str(path))
        programs = [Path(found).resolve() for name in PROGRAMS if (found := shutil.which(name))]
        for name in PROGRAMS:
            found = shutil.which(name)
            if found:
                self._file(Path(found).resolve(), f"bin/{name}")
        for path in _shared([python, *programs, *library.glob("lib-dynload/*.so")]):
            self._file(path.resolve(), str(path))
        self._text("usr/bin/env", "") if not shutil.which("env") else self._file(_which("env"), "usr/bin/env")
        for name in ("python3", "python"):
            self._link(f"usr/local/bin/{name}", str(python))

    def _folder(self, name: str, mode: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._tar.addfile(entry)

    def _text(self, name: str, text: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(text), 0o644
        self._tar.addfile(entry, io.BytesIO(text.encode()))

    def _link(self, name: str, to: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, to, 0o777
        self._tar.addfile(entry)

    def _file(self, path: Path, name: str) -> None:
        name = name.lstrip("/")
        if name in self._added or not path.is_file():
            return
        self._added.add(name)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = path.stat().st_size, 0o755 if path.stat().st_mode & 0o111 else 0o644
        entry.mtime = path.stat().st_mtime  # compiled modules are trusted only beside a source of that time
        with path.open("rb") as content:
            self._tar.addfile(entry, content)


def _which(name: str) -> Path:
    return Path(shutil.which(name) or name).resolve()


def _library(folder: Path) -> Iterator[Path]:
    """The standard library's files without what is left out."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in LEFT_OUT and not path.name.startswith("config-"):
            yield from _library(path)
        elif path.is_file() and path.suffix in (".py", ".so", ".pyc") and ".opt-" not in path.name:
            yield path


def _shared(binaries: Iterable[Path]) -> list[Path]:
    """The shared libraries (and the loader) that ``binaries`` are linked with, by their names as ``ldd`` tells."""
    names = [str(path) for path in binaries]
    told = subprocess.run(["ldd", *names], capture_output=True, text=True, check=False).stdout
    return sorted({Path(found) for found in re.findall(r"(/\S+) \(0x", told)})
