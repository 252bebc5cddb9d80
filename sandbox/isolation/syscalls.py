"""The system calls Python has no function for, through ctypes. Each raises OSError with the call's name.

A step is a call that is prepared: a function and its arguments. What a child does between the fork and its job is a
list of them, made by the warm parent (`inside/zygote.py` says why).
"""

from __future__ import annotations

import _signal
import ctypes
import os

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Step = tuple[Callable[..., Any], tuple[Any, ...]]

# PyDLL keeps the interpreter lock, which a fork must not give away.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
# Looked up before the first fork.
_syscall, _fork, _wait4 = _libc.syscall, _libc.fork, _libc.wait4
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_PARENT = 0x00008000
CLONE_PIDFD = 0x00001000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2

# The same number on every architecture that has them (added after the tables were unified).
SYS_CLONE3 = 435
SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def take(steps: Iterable[Step]) -> None:
    """One after another. Those of the C library fail with -1, which Python's own functions never give."""
    for call, arguments in steps:
        if call(*arguments) == -1:
            code = ctypes.get_errno()
            raise OSError(code, f"{call.__name__}{arguments}: {os.strerror(code)}")


def _check(result: int, what: str) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def mounting(source: str, target: str, kind: str | None, flags: int, data: str = "") -> Step:
    return _libc.mount, (source.encode(), os.fsencode(target), kind and kind.encode(), flags, data.encode() or None)


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    take([mounting(source, target, kind, flags, data)])


def umount(target: str, flags: int = MNT_DETACH) -> None:
    _check(_libc.umount2(os.fsencode(target), flags), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(ctypes.c_long(number), os.fsencode(new), os.fsencode(old)), "pivot_root")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


def make_read_only(target: str) -> None:
    """The mount at `target` and all below it: read-only, no set-uid programs, no devices."""
    recursive, at_fdcwd = 0x8000, -100
    wanted = _MountAttributes(set=MS_RDONLY | MS_NOSUID | MS_NODEV)
    result = _libc.syscall(
        ctypes.c_long(SYS_MOUNT_SETATTR), ctypes.c_int(at_fdcwd), os.fsencode(target), ctypes.c_uint(recursive),
        ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted)),
    )  # fmt: skip
    _check(result, f"mount_setattr {target}")


def controlling(option: int, first: int, second: Any = 0) -> Step:
    zero = ctypes.c_ulong(0)
    argument = second if not isinstance(second, int) else ctypes.c_ulong(second)
    return _libc.prctl, (ctypes.c_int(option), ctypes.c_ulong(first), argument, zero, zero)


def prctl(option: int, first: int, second: Any = 0) -> None:
    take([controlling(option, first, second)])


def syscall(what: str, number: int, *arguments: object) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *arguments), what)


class _CloneArguments(ctypes.Structure):
    _names = "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup"
    _fields_ = [(name, ctypes.c_uint64) for name in _names.split()]


class Forking:
    """Forks into new namespaces, again and again: 0 in the child, in the parent its pid, and `pidfd` holds a descriptor
    for it.

    os.fork cannot give a child a pid namespace of its own, and unshare can do so only once in a process's life. What
    os.fork does besides is left out: this process has no other thread whose locks were to be freed, and `random` would
    have itself seeded by the system.
    """

    def __init__(self, flags: int) -> None:
        self.pidfd = ctypes.c_int(-1)
        wants_parent_signal = 0 if flags & CLONE_PARENT else int(_signal.SIGCHLD)
        arguments = _CloneArguments(
            flags=flags | CLONE_PIDFD, pidfd=ctypes.addressof(self.pidfd), exit_signal=wants_parent_signal
        )
        self.call = ctypes.c_long(SYS_CLONE3), ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments))

    def __call__(self) -> int:
        pid = _syscall(*self.call)
        return pid if pid >= 0 else _check(pid, "clone3")


class PlainForking:
    """The same without namespaces."""

    def __init__(self) -> None:
        self.pidfd = ctypes.c_int(-1)

    def __call__(self) -> int:
        pid = _check(_fork(), "fork")
        if pid:
            self.pidfd.value = os.pidfd_open(pid)
        return pid


class Reaping:
    """Waits for a child: its status and the CPU seconds of it and its children. os.wait4 looks up a module first."""

    def __init__(self) -> None:
        self.status = ctypes.c_int(0)
        self.usage = (ctypes.c_long * 18)()  # begins with two times, of seconds and microseconds
        self.call = ctypes.byref(self.status), ctypes.c_int(0), ctypes.byref(self.usage)

    def __call__(self, pid: int) -> tuple[int, float]:
        _check(_wait4(pid, *self.call), "wait4")
        usage = self.usage
        return self.status.value, usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


_VERSION_3 = 0x20080522


def dropping_capabilities() -> Step:
    """Give up every capability for good; with no_new_privs no later exec brings one back."""
    return _libc.capset, (ctypes.byref(_CapabilityHeader(_VERSION_3, 0)), ctypes.byref((ctypes.c_uint32 * 6)()))
