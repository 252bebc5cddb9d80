"""The warm parents of one slot: one per set of imports, started when first needed, replaced when worn or broken."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.trusted import scratch
from sandbox.trusted.cgroups import Cgroup
from sandbox.trusted.process import SPENT, Child, InfraError, Zygote, describe_end
from sandbox.trusted.run import Run
from sandbox.types import Failure, Limits

RUNS_PER_ZYGOTE = 5_000
CGROUP_SLACK_MB = 96  # the warm parent, its spare children, page tables, the processes before on their way out
MOST_DYING = 4  # processes on their way out, of one warm parent, when the next one begins; jail.py counts them
FIRST_OUTER_UID = 60_000
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_COME_WITH_SERVED = ("dataclass", "datetime", "decimal", "fractions")


@dataclass
class Warm:
    """A running warm parent, how often it was used, and its scratch folder where the tier has one on the disk."""

    zygote: Zygote
    scratch: str | None
    runs: int = 0
    dying: list[Child] = field(default_factory=list)  # killed, and not seen gone yet
    overlaps: bool = True  # whether the next program may start before they are gone


class Slot:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.limits = settings["limits"]
        self.tier: str = settings["tier"]
        self.warm: dict[str, Warm] = {}
        self.started = 0
        self.finished: list[tuple[str, Child]] = []  # processes that are done with, by flavour, but not destroyed yet
        self.last_attempt = False  # to judge this program

    def begin_attempt(self, last: bool) -> None:
        self.last_attempt = last
        SPENT.slept, SPENT.timeouts = 0.0, 0

    def zygote(self, flavour: str) -> Zygote:
        if flavour not in self.warm:
            self.warm[flavour] = self._start(flavour)
        return self.warm[flavour].zygote

    def _start(self, flavour: str) -> Warm:
        self.started += 1
        folder = None if self.tier.startswith("namespaces") else scratch.make()
        own = self.settings["flavours"][flavour]
        shown = [*own["visible"], *own["packages"]]
        # In a namespace the scratch is a tmpfs on /tmp, unless that would cover the interpreter itself.
        private = "/scratch" if any(path.startswith("/tmp/") for path in shown) else "/tmp"
        settings = {
            **self.settings,
            **own,
            "scratch": folder or private,
            "outer_uid": FIRST_OUTER_UID + 2 * ((os.getpid() * 8 + self.started) % 2_000),
        }
        cgroup = None
        if self.tier == "namespaces+cgroup":
            limits = settings["limits"]
            memory_mb = limits["memory_mb"] + CGROUP_SLACK_MB
            tasks = limits["threads"] + limits["processes"] + 16
            cgroup = Cgroup(f"{scratch.PREFIX}{os.getpid()}-{self.started}", memory_mb, tasks)
        script = os.path.join(PACKAGE, "inside", "zygote.py")
        return Warm(Zygote(own["interpreter"], settings, script, cgroup), folder)

    @contextmanager
    def running(self, flavour: str, limits: Limits, counts_sleep: bool = True) -> Iterator[Run]:
        """A process at work; whether its sleep is the program's. It is destroyed with all it started whatever happens:
        by `clear`, before the next one begins, and when the verdict is on its way."""
        run = Run(self.take(flavour), limits)
        try:
            yield run
        finally:
            run.on_frame = None  # breaks a cycle that would keep all answers alive
            if counts_sleep:
                run.count_sleep()
            self.finished.append((flavour, run.child))

    def take(self, flavour: str) -> Child:
        self.clear()
        if flavour in self.warm and self.warm[flavour].runs >= RUNS_PER_ZYGOTE:
            self.discard(flavour)
        start = time.monotonic()
        zygote = self.zygote(flavour)
        warm = self.warm[flavour]
        for other in self.warm.values():
            self._bury(other, but=MOST_DYING - 1 if other.overlaps else 0)
        if warm.scratch is not None and scratch.free_mb(warm.scratch) < self.limits["scratch_mb"]:
            raise InfraError(f"less than the {self.limits['scratch_mb']} MB of a program's scratch is free on the disk")
        warm.runs += 1
        child = zygote.take()
        SPENT.waiting += time.monotonic() - start
        return child

    def clear(self) -> None:
        """Destroy the processes that are done with, and all they started."""
        while self.finished:
            self._destroy(*self.finished.pop())

    def _destroy(self, flavour: str, child: Child) -> None:
        """The next one starts before this is gone only where it takes nothing from it: it has namespaces of its own, no
        other process, no thread, and the group's memory has room for all that the next one may use."""
        child.kill()
        warm = self.warm.get(flavour)
        if warm is None or warm.zygote is not child.zygote:  # lost meanwhile, with all it had made
            child.close()
            return
        limits = self.settings["flavours"][flavour].get("limits", self.limits)
        alone = self.tier.startswith("namespaces") and limits["processes"] == 0 and not child.has_threads()
        child.close()
        warm.dying = [other for other in (*warm.dying, child) if other.ended is None]
        group = warm.zygote.cgroup
        little = group is None or group.memory_bytes() <= CGROUP_SLACK_MB << 20
        warm.overlaps = warm.overlaps and alone and little

    def settle(self) -> None:
        """See the last processes gone and their scratch cleared."""
        for warm in self.warm.values():
            self._bury(warm)

    def _bury(self, warm: Warm, but: int = 0) -> None:
        """Wait until the killed processes are gone, but for so many; when all are, clear their scratch."""
        while len(warm.dying) > but:
            warm.zygote.wait_for_end(warm.dying[0])
            warm.dying.pop(0)
        if warm.scratch is not None and not but:
            scratch.empty(warm.scratch)
        warm.overlaps = warm.overlaps or not warm.dying

    def prepare(self, flavour: str) -> None:
        """Have the next processes forked while this one works."""
        self.warm[flavour].zygote.request_spares()

    def explain_end(self, flavour: str, run: Run) -> Failure:
        """Why a process stopped answering. Raises InfraError when nothing the program can do explains it."""
        zygote = self.warm[flavour].zygote
        if run.cause is not None:
            return Failure("timeout" if run.cause == "wall" else run.cause, run.detail)
        ended = zygote.wait_for_end(run.child)
        if ended.signal == signal.SIGKILL and zygote.out_of_memory():
            return Failure("memory", f"used more than {run.limits.memory_mb} MB of memory")
        if ended.signal == signal.SIGKILL and not (self.last_attempt and self.tier == "unsafe"):
            # The filters leave a program no way to get itself a SIGKILL. Without filters it can, and does so each time.
            raise InfraError("a program's process was killed from outside")
        if ended.signal == signal.SIGSYS:
            return Failure("error", "the program's process killed itself or called the system as another architecture")
        if ended.signal == signal.SIGXCPU:
            return Failure("timeout", f"used more than {run.limits.cpu_seconds:g} s of CPU")
        if ended.signal == signal.SIGXFSZ:
            return Failure("output_limit", f"wrote a file of more than {run.limits.scratch_mb:g} MB")
        return failure_from_stderr(run.stderr, f"the program's process {describe_end(ended)} before answering")

    def discard(self, flavour: str) -> None:
        warm = self.warm.pop(flavour, None)
        if warm is None:
            return
        warm.zygote.close()
        done = [child for name, child in self.finished if name == flavour]
        self.finished = [(name, child) for name, child in self.finished if name != flavour]
        for child in done:
            child.close()
        if warm.scratch is not None:
            scratch.remove(warm.scratch)

    def reset(self) -> None:
        """After a failure of ours, and at the end: let every warm parent go."""
        for flavour in list(self.warm):
            self.discard(flavour)

    def flavour_for(self, program: str, served: bool = False) -> str:
        """Which warm parent saves this program an import. Only speed depends on the guess."""
        if "numpy" in self.settings["flavours"] and "numpy" in program:
            return "numpy"
        if served or any(name in program for name in _COME_WITH_SERVED):
            return "served"
        return "plain" if "import" in program else "bare"


def failure_from_stderr(stderr: bytes | bytearray, otherwise: str) -> Failure:
    """The last line a program wrote to stderr says more than how it ended. Our own runner marks two kinds of them."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return Failure("error", otherwise)
    prefix, _, rest = lines[-1].partition(": ")
    if prefix == "blocked":
        return Failure("blocked", rest)
    if prefix == "memory" or "std::bad_alloc" in lines[-1]:
        return Failure("memory", rest)
    return Failure("error", lines[-1])
