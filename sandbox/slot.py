"""The warm parents of one slot: one per set of imports, started when first needed, replaced when worn or broken."""

from __future__ import annotations

import os
import signal
from typing import Any

from sandbox.process import Child, Failure, InfraError, Run, Zygote, describe_end

RUNS_PER_ZYGOTE = 5_000
PACKAGE = os.path.dirname(os.path.abspath(__file__))


class Slot:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.zygotes: dict[str, Zygote] = {}
        self.runs: dict[str, int] = {}

    def zygote(self, flavour: str) -> Zygote:
        if flavour not in self.zygotes:
            preload = self.settings["flavours"][flavour]
            settings = {**self.settings, "preload": preload, "package": PACKAGE}
            script = os.path.join(PACKAGE, "inside", "zygote.py")
            self.zygotes[flavour] = Zygote(self.settings["interpreter"], settings, script)
            self.runs[flavour] = 0
        return self.zygotes[flavour]

    def take(self, flavour: str) -> Child:
        if self.runs.get(flavour, 0) >= RUNS_PER_ZYGOTE:
            self.discard(flavour)
        child = self.zygote(flavour).take()
        self.runs[flavour] += 1
        return child

    def release(self, flavour: str, child: Child) -> None:
        """The process is done with: destroy it and all it started, wait until it is gone, forget its descriptors."""
        child.kill()
        self.zygotes[flavour].wait_for_end(child)
        child.close()

    def prepare(self, flavour: str) -> None:
        """Have the next process forked while this one works."""
        self.zygotes[flavour].request_spare()

    def explain_end(self, flavour: str, run: Run, last_attempt: bool) -> Failure:
        """Why a process stopped answering. Raises InfraError when nothing the program can do explains it."""
        if run.cause is not None:
            return Failure("timeout" if run.cause == "wall" else run.cause, run.detail)
        ended = self.zygotes[flavour].wait_for_end(run.child)
        if ended.signal == signal.SIGKILL and not (last_attempt and self.settings["can_kill_itself"]):
            raise InfraError("a program's process was killed from outside")
        if ended.signal == signal.SIGXCPU:
            return Failure("timeout", f"used more than {run.limits.cpu_seconds:g} s of CPU")
        if ended.signal == signal.SIGXFSZ:
            return Failure("output_limit", f"wrote a file of more than {run.limits.scratch_mb:g} MB")
        return Failure("error", f"the program's process {describe_end(ended)} before answering")

    def discard(self, flavour: str) -> None:
        zygote = self.zygotes.pop(flavour, None)
        if zygote is not None:
            zygote.close()

    def reset(self) -> None:
        """After a failure of ours: begin again with new warm parents."""
        for flavour in list(self.zygotes):
            self.discard(flavour)

    def flavour_for(self, program: str) -> str:
        """Which warm parent saves this program an import. Only speed depends on the guess."""
        return "numpy" if "numpy" in self.settings["flavours"] and "numpy" in program else "plain"
