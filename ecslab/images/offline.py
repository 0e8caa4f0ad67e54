"""A base image without a registry: the closure of this machine's own Python, as a root file system.

Used where no base can be pulled. It holds the running interpreter with its standard library, a shell and a
few small programs, and the shared libraries they need; nothing else of the machine: no installed package, no
setting, no name. Linux only.
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

PROGRAMS = ("sh", "sleep", "cat", "ls", "env", "id", "echo", "true", "false", "kill", "ps", "hostname", "uname")
"""Small programs beside Python, as far as this machine has them."""
LEFT_OUT = frozenset(
    ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "dist-packages")
)
"""Folders of the standard library that no container of the lab needs."""
FOLDERS = (("tmp", 0o1777), ("var/tmp", 0o1777), ("root", 0o700), ("app", 0o755), ("proc", 0o555), ("dev", 0o755))
TEXTS = (
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/app:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    ),
    ("etc/group", "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
)
RESOLVING = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
"""What older C libraries load to look up names; no program is linked with it."""


def rootfs() -> bytes:
    """The root file system as an uncompressed tar. OSError where this machine is not Linux."""
    if not sys.platform.startswith("linux"):
        raise OSError("an offline base image can be made on Linux only")
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        _Archive(tar).fill()
    return target.getvalue()


class _Archive:
    """Adds each file once, links as what they point to; owners of this machine stay out.

    Files keep their time: a compiled module is trusted only beside a source of the time that is written in it.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._added: set[str] = set()

    def fill(self) -> None:
        """Everything."""
        for name, mode in FOLDERS:
            self._add(name, tarfile.DIRTYPE, mode)
        for name, text in TEXTS:
            self._content(name, text.encode(), 0o644)
        python = Path(sys.executable).resolve()
        library = Path(sysconfig.get_path("stdlib")).resolve()
        programs = {name: Path(found).resolve() for name in PROGRAMS if (found := shutil.which(name))}
        for path in (python, *_library(library)):
            self._file(path, str(path))
        for name, path in programs.items():
            self._file(path, f"bin/{name}")
        for path in _shared((python, *programs.values(), *library.glob("lib-dynload/*.so"))):
            self._file(path.resolve(), str(path))
        for name in ("python3", "python"):
            self._add(f"usr/local/bin/{name}", tarfile.SYMTYPE, 0o777, str(python))
        self._add("usr/bin/env", tarfile.SYMTYPE, 0o777, "/bin/env")

    def _add(self, name: str, kind: bytes, mode: int, link: str = "") -> None:
        if name not in self._added:
            self._added.add(name)
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname = kind, mode, link
            self._tar.addfile(entry)

    def _content(self, name: str, content: bytes, mode: int, time: float = 0) -> None:
        self._added.add(name)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(content), mode, time
        self._tar.addfile(entry, io.BytesIO(content))

    def _file(self, path: Path, name: str) -> None:
        name = name.lstrip("/")
        if name not in self._added and path.is_file():
            told = path.stat()
            self._content(name, path.read_bytes(), 0o755 if told.st_mode & 0o111 else 0o644, told.st_mtime)


def _library(folder: Path) -> Iterator[Path]:
    """The standard library's files, compiled ones too (containers start faster), without what is left out."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in LEFT_OUT and not path.name.startswith("config-"):
            yield from _library(path)
        elif path.is_file() and path.suffix in (".py", ".so", ".pyc") and ".opt-" not in path.name:
            yield path


def _shared(binaries: Iterable[Path]) -> list[Path]:
    """The shared libraries (and the loader) that ``binaries`` are linked with, by their names as ``ldd`` tells."""
    names = [str(path) for path in binaries]
    told = subprocess.run(["ldd", *names], capture_output=True, text=True, check=False, timeout=60).stdout
    found = {Path(path) for path in re.findall(r"(/\S+) \(0x", told)}
    libraries = {path.parent for path in found if path.name.startswith("libc.so")}
    return sorted(found | {folder / name for folder in libraries for name in RESOLVING})
