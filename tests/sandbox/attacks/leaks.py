"""Counts what a program could leave behind on this machine.

The counting process makes itself the reaper of orphans, so whatever a run leaves running, however it detached itself,
stays a descendant of this process and is counted.
"""

from __future__ import annotations

import ctypes
import os
import re
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
MARKER = "rlcode-attack"
_ours: set[int] = set()  # every process below this one that a census has seen
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/", "/etc", "~", ".")


@dataclass(frozen=True)
class Census:
    """What exists now. `marked_files` are files under a name that only attacks use."""

    processes: int
    descriptors: int
    threads: int
    mounts: int
    cgroups: int
    scratch_files: int
    marked_files: int

    def left_behind(self, earlier: Census) -> dict[str, int]:
        """What there is more of now than in `earlier`."""
        before = asdict(earlier)
        return {name: count - before[name] for name, count in asdict(self).items() if count > before[name]}


def adopt_orphans(adopt: bool = True) -> None:
    """Orphans below this process become its children (or no longer do), instead of those of process 1."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def take_census() -> Census:
    return Census(
        processes=len(descendants(os.getpid())),
        descriptors=len(os.listdir("/proc/self/fd")),
        threads=threading.active_count(),
        mounts=len(Path("/proc/self/mountinfo").read_text().splitlines()),
        cgroups=_count_cgroups(),
        scratch_files=sum(len(folders) + len(files) for _, folders, files in os.walk(tempfile.gettempdir())),
        marked_files=len(marked_files()),
    )


def left_behind(earlier: Census, deadline_seconds: float = 3.0) -> dict[str, int]:
    """What there is more of than in `earlier`, once it stopped shrinking to nothing or the deadline passed."""
    end = time.monotonic() + deadline_seconds
    while (left := take_census().left_behind(earlier)) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def descendants(root: int) -> set[int]:
    """Every process below `root`, dead but unreaped ones included."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children[int(fields[1])].append(int(name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        fresh = children[waiting.pop()]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def marked_files() -> list[Path]:
    folders = [Path(folder).expanduser() for folder in SHARED_FOLDERS]
    return [path for folder in folders if folder.is_dir() for path in folder.glob(f"{MARKER}*")]


def _count_cgroups() -> int:
    """The sandbox's cgroups named after a process that is or was ours; others may have judges too."""
    _ours.update((os.getpid(), *descendants(os.getpid())))
    # os.walk, unlike glob, passes over a group of another judge's that goes away meanwhile.
    names = [name for _, folders, _ in os.walk("/sys/fs/cgroup") for name in folders]
    owners = [re.search(r"sandbox-(\d+)", name) for name in names]
    return sum(int(owner.group(1)) in _ours for owner in owners if owner)
