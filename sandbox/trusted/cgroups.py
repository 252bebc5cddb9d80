"""Control groups, version 1 and 2: one group for each warm parent and all its children, for memory, processes and CPU.

The supervisor makes the group, puts the warm parent in before it forks anything, and removes it at the end. Where no
group can be made, CgroupUnavailable says why.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.trusted.scratch import PREFIX, owner_is_gone

ROOT = Path("/sys/fs/cgroup")
MB = 1 << 20


class CgroupUnavailable(OSError):
    """No control group with a memory controller can be made here."""


class Cgroup:
    """A group in one or more hierarchies: one folder under version 2, one for each controller under version 1."""

    def __init__(
        self, name: str, memory_mb: int, processes: int, root: Path = ROOT, membership: str | None = None
    ) -> None:
        membership = Path("/proc/self/cgroup").read_text() if membership is None else membership
        self.folders: dict[str, Path] = {}
        self.version = 2
        self.memory_file = -1
        groups = _version_2_groups(root, membership)
        parent = next((group for group in groups if _hand_on(group, "memory")), None)
        if parent is None and not _version_1_counts_memory(membership):
            raise CgroupUnavailable(
                "no control group: none at or above ours is writable and hands on its memory controller"
            )
        try:
            if parent is not None:
                _hand_on(parent, "pids")
                self._make("memory", parent / name)
                self._set("memory", "memory.max", memory_mb * MB)
                self._set_if_present("memory", "memory.swap.max", 0)
                self._set_if_present("memory", "pids.max", processes)
            else:
                self.version = 1
                self._make_version_1(root, membership, name, memory_mb, processes)
        except OSError as error:
            self.remove()
            raise CgroupUnavailable(f"no control group: {error}") from None

    def _make(self, controller: str, folder: Path) -> None:
        folder.mkdir()
        self.folders[controller] = folder

    def _make_version_1(self, root: Path, membership: str, name: str, memory_mb: int, processes: int) -> None:
        wanted = {"memory": ("memory.limit_in_bytes", memory_mb * MB), "pids": ("pids.max", processes), "cpuacct": None}
        for controller, setting in wanted.items():
            parent = _version_1_parent(root, membership, controller)
            if controller == "memory" or (parent.is_dir() and (setting is not None or os.access(parent, os.W_OK))):
                self._make(controller, parent / name)
                if setting is not None:
                    self._set(controller, *setting)
        self._set_if_present("memory", "memory.memsw.limit_in_bytes", memory_mb * MB)

    def _set(self, controller: str, name: str, value: int) -> None:
        (self.folders[controller] / name).write_text(str(value))

    def _set_if_present(self, controller: str, name: str, value: int) -> None:
        if (self.folders[controller] / name).exists():
            self._set(controller, name, value)

    def add(self, pid: int) -> None:
        for folder in self.folders.values():
            (folder / "cgroup.procs").write_text(str(pid))

    def oom_kills(self) -> tuple[int, int]:
        """How many processes of the group the kernel has killed for memory, and how often the group had reached its own
        limit. Where the first rises without the second, a group above or the machine was out of memory. Version 1 does
        not count the second for memory and swap together; there both are the kills.
        """
        if self.version == 1:
            kills = self._counters("memory.oom_control")["oom_kill"]
            return kills, kills
        events = self._counters("memory.events")
        return events["oom_kill"], events["oom"]

    def _counters(self, name: str) -> dict[str, int]:
        lines = (self.folders["memory"] / name).read_text().splitlines()
        return {key: int(value) for key, value in map(str.split, lines)}

    def memory_bytes(self) -> int:
        """What all processes of the group are charged for, files in memory included."""
        if self.memory_file < 0:
            name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
            self.memory_file = os.open(self.folders["memory"] / name, os.O_RDONLY | os.O_CLOEXEC)
        return int(os.pread(self.memory_file, 100, 0))

    def cpu_seconds(self) -> float | None:
        """CPU time of all that ever was in the group, also of what nobody waited for; None where it is not counted."""
        try:
            if self.version == 1:
                return int((self.folders["cpuacct"] / "cpuacct.usage").read_text()) / 1e9
            return int((self.folders["memory"] / "cpu.stat").read_text().split()[1]) / 1e6
        except (KeyError, OSError):
            return None

    def remove(self, seconds: float = 5.0) -> None:
        """Remove the group; its last process may still be on its way out."""
        deadline = time.monotonic() + seconds
        if self.memory_file >= 0:
            os.close(self.memory_file)
            self.memory_file = -1
        for folder in self.folders.values():
            while folder.is_dir():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.01)
        self.folders.clear()


def _version_2_groups(root: Path, membership: str) -> Iterator[Path]:
    """The groups that we may write to, at or above ours, nearest first: near ones are under the same limits as we."""
    own = next((line[3:] for line in membership.splitlines() if line.startswith("0::")), None)
    if own is None:
        return
    base = root / "unified" if (root / "unified").is_dir() else root
    folder = base / own.lstrip("/")
    for candidate in [folder, *folder.parents]:
        if os.access(candidate, os.W_OK):
            yield candidate
        if candidate == base:
            break


def _hand_on(group: Path, controller: str) -> bool:
    """Have the groups in this one get a controller, and say whether they do. Nobody may have asked for it yet, as where
    no systemd runs or below what was delegated to us. A group that holds processes refuses: only the root may have
    both them and controllers for its children.
    """
    control = group / "cgroup.subtree_control"
    with contextlib.suppress(OSError):
        if controller not in control.read_text().split():
            control.write_text(f"+{controller}")
        return controller in control.read_text().split()
    return False


def _version_1_counts_memory(membership: str) -> bool:
    return any("memory" in line.split(":")[1].split(",") for line in membership.splitlines())


def _version_1_parent(root: Path, membership: str, controller: str) -> Path:
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            # In a container the path is the host's, and what is mounted is already our own group.
            folder = root / controllers / path.lstrip("/")
            folder = folder if folder.is_dir() else root / controllers
            return folder if folder.is_dir() else root / controller
    return root / controller


def sweep(root: Path = ROOT, membership: str | None = None) -> None:
    """Remove groups beside ours whose supervisor was killed before it could."""
    membership = Path("/proc/self/cgroup").read_text() if membership is None else membership
    parents = [_version_1_parent(root, membership, controller) for controller in ("memory", "pids", "cpuacct")]
    parents += _version_2_groups(root, membership)
    for folder in [folder for parent in parents for folder in parent.glob(f"{PREFIX}*")]:
        if owner_is_gone(folder.name):
            with contextlib.suppress(OSError):
                folder.rmdir()
