"""The system calls Python has no function for, through ctypes. Each raises OSError with the call's name."""

from __future__ import annotations

import ctypes
import os
import signal

# PyDLL keeps the interpreter lock, which a fork must not give away.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_capset = _libc.capset  # looked up before the fork
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


def _check(result: int, what: str) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    if _libc.mount(source.encode(), os.fsencode(target), kind and kind.encode(), flags, data.encode() or None) == -1:
        _check(-1, f"mount {kind or 'bind'} on {target}")


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


def prctl(option: int, first: int, second: object = 0) -> None:
    argument = second if not isinstance(second, int) else ctypes.c_ulong(second)
    result = _libc.prctl(ctypes.c_int(option), ctypes.c_ulong(first), argument, ctypes.c_ulong(0), ctypes.c_ulong(0))
    _check(result, f"prctl({option})")


def syscall(what: str, number: int, *arguments: object) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *arguments), what)


class _CloneArguments(ctypes.Structure):
    _names = "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup"
    _fields_ = [(name, ctypes.c_uint64) for name in _names.split()]


def clone(flags: int) -> tuple[int, int]:
    """Fork into new namespaces: (pid, pidfd) in the parent, (0, -1) in the child.

    os.fork cannot give a child a pid namespace of its own, and unshare can do so only once in a process's life.
    """
    pidfd = ctypes.c_int(-1)
    wants_parent_signal = 0 if flags & CLONE_PARENT else signal.SIGCHLD
    arguments = _CloneArguments(
        flags=flags | CLONE_PIDFD, pidfd=ctypes.addressof(pidfd), exit_signal=int(wants_parent_signal)
    )
    _libc.PyOS_BeforeFork()
    pid = _libc.syscall(ctypes.c_long(SYS_CLONE3), ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments)))
    if pid == 0:
        _libc.PyOS_AfterFork_Child()
        return 0, -1
    code = ctypes.get_errno()
    _libc.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, f"clone3({flags:#x}): {os.strerror(code)}")
    os.set_inheritable(pidfd.value, False)
    return pid, pidfd.value


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


# Made before the fork: each program's process gives up its capabilities.
_VERSION_3_OF_SELF = ctypes.byref(_CapabilityHeader(0x20080522, 0))
_NO_CAPABILITIES = ctypes.byref((ctypes.c_uint32 * 6)())


def drop_capabilities() -> None:
    """Give up every capability for good; with no_new_privs no later exec brings one back."""
    _check(_capset(_VERSION_3_OF_SELF, _NO_CAPABILITIES), "capset")
