"""Empties a folder that a hostile program wrote to: no link is followed, no depth or path length is too much."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import tempfile

PREFIX = "rlcode-sandbox-"


def make() -> str:
    """A new folder, named after this process so that `sweep` knows when nobody owns it any more."""
    return tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")


def remove(folder: str) -> None:
    empty(folder)
    os.rmdir(folder)


def sweep() -> None:
    """Remove the folders of supervisors that were killed before they could."""
    try:
        base = tempfile.gettempdir()
    except FileNotFoundError:  # nothing can be written here, so nothing was
        return
    for folder in glob.glob(os.path.join(base, f"{PREFIX}*")):
        if owner_is_gone(os.path.basename(folder)):
            with contextlib.suppress(OSError):  # another user's
                remove(folder)


def owner_is_gone(name: str) -> bool:
    """Whether the supervisor is that gave a folder or control group this name, which tells its pid."""
    owner = name.removeprefix(PREFIX).partition("-")[0]
    return owner.isdigit() and not os.path.exists(f"/proc/{owner}")


def empty(folder: str) -> None:
    """Remove everything in `folder` but the folder itself. Sub-folders are moved up before they are entered, so paths
    stay short however deep a program nested them.
    """
    numbers = itertools.count()
    os.chmod(folder, 0o700)
    pending = _clear(folder, folder, numbers)
    while pending:
        current = pending.pop()
        pending += _clear(current, folder, numbers)
        os.rmdir(current)


def _clear(current: str, folder: str, numbers: itertools.count[int]) -> list[str]:
    moved = []
    for entry in list(os.scandir(current)):
        if entry.is_dir(follow_symlinks=False):
            if entry.stat(follow_symlinks=False).st_mode & 0o700 != 0o700:  # each change is a write to the disk
                os.chmod(entry.path, 0o700)
            target = _unused(folder, numbers)
            os.rename(entry.path, target)
            moved.append(target)
        else:
            os.unlink(entry.path)
    return moved


def _unused(folder: str, numbers: itertools.count[int]) -> str:
    while True:
        target = os.path.join(folder, f".{next(numbers)}")
        if not os.path.lexists(target):
            return target


def free_mb(folder: str) -> float:
    """What an ordinary user may still write to the file system that holds `folder`."""
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize / (1 << 20)
