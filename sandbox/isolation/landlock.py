"""Landlock: a process gives up, for good, all access to the file system but what it names. Needs no privilege.

Numbers from linux/landlock.h. ABI 1 (Linux 5.13) is enough for files; ABI 4 adds TCP; ABI 6 keeps signals and abstract
sockets inside.
"""

from __future__ import annotations

import ctypes
import os
import stat

from sandbox.isolation.syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_FILES_ABI_1 = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # ABI 2, 3, 5
_TCP_BIND_CONNECT = 3  # ABI 4
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3  # ABI 6
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def abi() -> int:
    """The kernel's Landlock version. Raises OSError where it has none."""
    return syscall("landlock", _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))


def restrict(read_only: Iterable[str], read_write: Iterable[str], listable: Iterable[str]) -> None:
    """From now on this process and its children see only these paths and what lies below them (missing ones are
    skipped). Of folders in `listable` and below only the names are seen.
    """
    version = abi()
    files = _ALL_FILES_ABI_1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        files |= right if version >= since else 0
    ruleset = _Ruleset(files, _TCP_BIND_CONNECT if version >= 4 else 0,
                       _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0)  # fmt: skip
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = syscall("landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size),
                     ctypes.c_uint32(0))  # fmt: skip
    reading = (_EXECUTE | _READ_FILE | _READ_DIR) & files
    try:
        for paths, rights in ((read_only, reading), (read_write, files), (listable, _READ_DIR)):
            for path in paths:
                _allow(handle, path, rights)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall("landlock_restrict_self", _RESTRICT_SELF, ctypes.c_int(handle), ctypes.c_uint32(0))
    finally:
        os.close(handle)


def scope_signals() -> None:
    """A domain of its own for one process, so that it can signal neither the warm parent nor other programs."""
    if abi() < 6:
        return  # the system call filter knows the process's pid and refuses signals to any other
    ruleset = _Ruleset(0, 0, _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    handle = syscall("landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(24),
                     ctypes.c_uint32(0))  # fmt: skip
    syscall("landlock_restrict_self", _RESTRICT_SELF, ctypes.c_int(handle), ctypes.c_uint32(0))
    os.close(handle)


def without(path: str, hidden: Iterable[str]) -> tuple[list[str], list[str]]:
    """`path` as paths that together hold all of it but the `hidden` folders, and the folders that had to be split
    up.
    """
    inside = [cover for cover in hidden if cover == path or cover.startswith(path.rstrip("/") + "/")]
    if path in inside:
        return [], [path]
    if not inside or not os.path.isdir(path) or os.path.islink(path):
        return [path], []
    shown, split = [], [path]
    for name in os.listdir(path):
        deeper, folders = without(os.path.join(path, name), inside)
        shown += deeper
        split += folders
    return shown, split


def _allow(handle: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _ON_FILES
        rule = _PathBeneath(rights, fd)
        syscall(f"landlock_add_rule {path}", _ADD_RULE, ctypes.c_int(handle), ctypes.c_int(_RULE_PATH_BENEATH),
                ctypes.byref(rule), ctypes.c_uint32(0))  # fmt: skip
    finally:
        os.close(fd)
