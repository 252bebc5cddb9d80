"""Namespaces: a root file system with nothing in it but the interpreter, and no one else to see, signal or talk to.

Entered once for each warm parent. Every program is then forked into a pid and mount namespace of its own, so killing
that one process destroys everything it started, and its scratch vanishes with it. System V IPC is refused by seccomp.
"""

from __future__ import annotations

import _socket
import os

from sandbox.isolation import syscalls as sys

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from typing import Any

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_MOUNT_POINTS = ("/mnt", "/media", "/srv", "/opt", "/tmp", "/home")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
_INNER_UID = 1000


def enter(settings: dict[str, Any], control: _socket.socket) -> None:
    """Move this process into the jail. It comes back as another process: pid 1 of a pid namespace, child of the
    supervisor, so that its death takes along everything below it."""
    is_root = os.geteuid() == 0
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    if not is_root:
        uid, gid = os.geteuid(), os.getegid()
        sys.unshare(sys.CLONE_NEWUSER)
        _map_ids(proc, "self", uid, gid, 1)
    sys.unshare(sys.CLONE_NEWNS | sys.CLONE_NEWIPC | sys.CLONE_NEWUTS | sys.CLONE_NEWNET)
    _socket.sethostname("sandbox")
    _change_root(settings)
    flags = sys.CLONE_NEWPID | sys.CLONE_PARENT
    if is_root:
        # Mounted as root, who may read everywhere; from here on root only inside, a user without rights outside.
        flags |= sys.CLONE_NEWUSER | sys.CLONE_NEWNS
        settings["run_uid"] = 1
    _continue_as_init(flags, proc, control, settings["outer_uid"] if is_root else None)


def _map_ids(proc: int, pid: str, uid: int, gid: int, count: int) -> None:
    inner = _INNER_UID if count == 1 else 0
    _write(proc, f"{pid}/setgroups", "deny") if count == 1 else None
    _write(proc, f"{pid}/uid_map", f"{inner} {uid} {count}")
    _write(proc, f"{pid}/gid_map", f"{inner} {gid} {count}")


def _write(folder: int, name: str, text: str) -> None:
    fd = os.open(name, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _continue_as_init(flags: int, proc: int, control: _socket.socket, outer_uid: int | None) -> None:
    mapped_r, mapped_w = os.pipe()
    pid = sys.Forking(flags)()
    if pid:
        if outer_uid is not None:
            _map_ids(proc, str(pid), outer_uid, outer_uid, 2)
        control.send(b"Z%d" % pid)
        os.write(mapped_w, b"m")
        os._exit(0)
    os.close(mapped_w)
    if not os.read(mapped_r, 1):
        os._exit(1)  # its parent failed, and has said why
    os.close(mapped_r)
    os.close(proc)
    if outer_uid is not None:
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    sys.prctl(sys.PR_SET_PDEATHSIG, 9)


def _change_root(settings: dict[str, Any]) -> None:
    """A tmpfs as root; in it, read-only, the system's libraries and programs, the interpreter, and its chosen
    packages.
    """
    visible = settings["visible"]
    sys.mount("none", "/", None, sys.MS_REC | sys.MS_PRIVATE)
    taken = [*visible, *settings["packages"]]
    new = next(p for p in _MOUNT_POINTS if os.path.isdir(p) and not any(v.startswith(p + "/") for v in taken))
    sys.mount("none", new, "tmpfs", sys.MS_NOSUID | sys.MS_NODEV, "size=4m,mode=755")
    for path in [*SYSTEM_FOLDERS, *SYSTEM_FILES, *DEVICES, *visible]:
        _show(new, path)
    hidden = [new + path for path in settings["hidden"] if os.path.isdir(new + path)]
    for path in hidden:
        sys.mount("none", path, "tmpfs", sys.MS_NOSUID | sys.MS_NODEV, "size=1m,mode=755")
    for path in settings["packages"]:
        _show(new, path)
    for path in hidden:
        _remount_read_only(path)
    _make_etc_and_dev(new, settings["scratch"])
    for path in ("/tmp", "/proc", settings["scratch"]):
        os.makedirs(new + path, exist_ok=True)
    if settings["mount_proc"]:
        # A user namespace may mount a /proc of its own only where it can see one already; each program's covers this
        # one.
        sys.mount("/proc", f"{new}/proc", None, sys.MS_BIND | sys.MS_REC)
    os.chdir(new)
    sys.pivot_root(".", ".")
    sys.umount(".")
    os.chdir("/")
    _remount_read_only("/")


def _remount_read_only(path: str) -> None:
    sys.mount("none", path, None, sys.MS_REMOUNT | sys.MS_BIND | sys.MS_RDONLY | sys.MS_NOSUID | sys.MS_NODEV)


def _show(new: str, path: str) -> None:
    """Make a path of the machine visible at the same place under the new root, read-only."""
    target = new + path
    if os.path.lexists(target) or not os.path.lexists(path):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    sys.mount(path, target, None, sys.MS_BIND | sys.MS_REC)
    if not path.startswith("/dev/"):
        sys.make_read_only(target)


def _make_etc_and_dev(new: str, scratch: str) -> None:
    os.makedirs(new + "/etc", exist_ok=True)
    for name, text in (("passwd", "user:x:1000:1000::/tmp:/bin/sh\n"), ("group", "user:x:1000:\n")):
        with open(f"{new}/etc/{name}", "w") as file:
            file.write(text)
    for name, target in [*_DEVICE_LINKS.items(), ("shm", scratch)]:
        os.symlink(target, f"{new}/dev/{name}")


def mounting_scratch(settings: dict[str, Any]) -> list[sys.Step]:
    """Private scratch of one program, and a /proc with nothing in it but its own processes."""
    limits = settings["limits"]
    options = f"size={int(limits['scratch_mb'] * 1024)}k,nr_inodes=4096,mode=1777"
    steps = [sys.mounting("none", settings["scratch"], "tmpfs", sys.MS_NOSUID | sys.MS_NODEV, options)]
    if settings["mount_proc"]:
        flags = sys.MS_NOSUID | sys.MS_NODEV | sys.MS_NOEXEC | sys.MS_RDONLY
        steps.append(sys.mounting("proc", "/proc", "proc", flags, "subset=pid"))
    return steps
