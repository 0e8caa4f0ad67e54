"""What a process gives up for good before a stranger's code runs in it: files, network, memory, system calls.

Landlock (Linux 5.13; TCP since 6.7, signals since 6.12), a seccomp filter and rlimits, by ctypes: nothing to install
and no rights needed. It is the inner wall of every rung of the ladder, and on the rung ``landlock`` the only one.
Invariant: what is once given up cannot be had back, by no child either.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER, _PR_SET_SECCOMP, _PR_SET_PDEATHSIG = 4, 38, 36, 22, 1
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE, _READ, _READ_DIR = 1, 2, 4, 8
_ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_CONNECT_TCP, _BIND_TCP = 2, 1
_SCOPES = 3  # abstract Unix sockets and signals
READ_ONLY = _EXECUTE | _READ | _READ_DIR
SIGNALS_SINCE = 6
"""The Landlock version from which on a process cannot signal those outside."""


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    found = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    return max(0, int(found))


def prctl(option: int, value: int) -> None:
    """One prctl call. OSError where the kernel refuses."""
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def undumpable() -> None:
    """Nobody of the same user may look into this process or trace it."""
    prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Processes whose parents have ended become this process's children, so that it can end them."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """This process is killed when its parent ends."""
    prctl(_PR_SET_PDEATHSIG, 9)


def limit(*, memory: int, processor: int, files: int, file_size: int, processes: int) -> None:
    """rlimits for this process and those it starts: bytes, CPU seconds, open files, bytes of a file, processes."""
    wishes = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_CORE, 0),
    )
    for name, wish in wishes:
        most = resource.getrlimit(name)[1]
        value = wish if most == resource.RLIM_INFINITY else min(wish, most)
        resource.setrlimit(name, (value, value))


def landlock(readable: Iterable[Path], writable: Sequence[Path], port: int, *, signals: bool = False) -> None:
    """From now on only these files can be read, only those written, and TCP goes to ``port`` alone.

    Nobody outside can be signalled, unless ``signals``. OSError where the kernel refuses.
    """
    version = abi()
    if version < 1:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")
    every = _ALL_FILES.get(version, _ALL_FILES[5])
    network = _CONNECT_TCP | _BIND_TCP if version >= 4 else 0
    scopes = _SCOPES if version >= SIGNALS_SINCE and not signals else 0
    attributes = struct.pack("QQQ", every, network, scopes)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for path in readable:
        _allow(ruleset, path, READ_ONLY & every)
    for path in writable:
        _allow(ruleset, path, every)
    if network:
        rule = struct.pack("QQ", _CONNECT_TCP, port)
        _checked(_libc.syscall(_ADD_RULE, ruleset, 2, rule, 0))
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not path.is_dir():
            rights &= _EXECUTE | _WRITE | _READ | (1 << 14) | (1 << 15)
        _checked(_libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


# ── seccomp ───────────────────────────────────────────────────────────────────────────────────────────────────

_LOAD, _EQUAL, _AT_LEAST, _MASK, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24
_MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
            "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
            "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
            "userfaultfd": 323, "init_module": 175, "finit_module": 313, "kexec_load": 246, "reboot": 169,
            "swapon": 167, "acct": 163, "settimeofday": 164, "clock_settime": 227, "adjtimex": 159,
            "sethostname": 170, "open_by_handle_at": 304, "quotactl": 179, "syslog": 103,
            "setpriority": 141, "sched_setaffinity": 203, "shmget": 29, "msgget": 68, "semget": 64,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
            "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
            "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
            "userfaultfd": 282, "init_module": 105, "finit_module": 273, "kexec_load": 104, "reboot": 142,
            "swapon": 224, "acct": 89, "settimeofday": 170, "clock_settime": 112, "adjtimex": 171,
            "sethostname": 161, "open_by_handle_at": 265, "quotactl": 60, "syslog": 116,
            "setpriority": 140, "sched_setaffinity": 122, "shmget": 194, "msgget": 186, "semget": 190,
        },
    ),
}  # fmt: skip
_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
_IPV4, _STREAM = 2, 1
_X32 = 0x40000000


def seccomp() -> bool:
    """Refuse what no program of a learner needs: tracing, mounts, namespaces, keys, and every socket but TCP.

    Unix sockets among them: Landlock does not see who connects to one, and the engine's would be a way out.

    False on a machine whose call numbers are not known here. OSError where the kernel refuses the filter.
    """
    known = _MACHINES.get(platform.machine())
    if known is None:
        return False
    arch, numbers = known
    calls = {**numbers, **_EVERYWHERE}
    program = _filter(arch, calls.pop("socket"), sorted(calls.values()))
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if _libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0) != 0:
        wrong = ctypes.get_errno()
        raise OSError(wrong, f"seccomp: {os.strerror(wrong)}")
    return True


def _filter(arch: int, socket_call: int, refused: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """The program, as (code, jump if true, jump if false, value): another architecture dies, the refused get EPERM."""
    denied = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        denied,
    ]
    for number in refused:
        steps += [(_EQUAL, 0, 1, number), denied]
    return [
        *steps,
        (_EQUAL, 1, 0, socket_call),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 0, 4, _IPV4),
        (_LOAD, 0, 0, _SECOND),
        (_MASK, 0, 0, 0xF),
        (_EQUAL, 0, 1, _STREAM),
        (_RETURN, 0, 0, _ALLOW),
        denied,
    ]
