"""Runs one program as a script on one input, in a jailed process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.trusted.calls import seed_of
from sandbox.trusted.run import pump
from sandbox.trusted.slot import Slot
from sandbox.types import Failure, Limits
from sandbox.wire import dump_frame


@dataclass
class ScriptOutcome:
    stdout: bytes
    failure: Failure | None
    seconds: float


def run_script(slot: Slot, program: str, stdin: str, limits: Limits) -> ScriptOutcome:
    """A Python program on one input."""
    job = {"mode": "script", "program": program, "stdin": stdin, "seed": seed_of(program)}
    return _run(slot, slot.flavour_for(program), job, limits)


def run_binary(slot: Slot, binary: str, stdin: str, limits: Limits) -> ScriptOutcome:
    """A compiled program, in base64, on one input."""
    job = {"mode": "binary", "binary": binary, "stdin": stdin, "memory_mb": limits.memory_mb, "seed": 0}
    return _run(slot, "plain", job, limits)


def _run(slot: Slot, flavour: str, job: dict[str, Any], limits: Limits) -> ScriptOutcome:
    with slot.running(flavour, limits) as run:
        run.send(dump_frame(job))
        slot.prepare(flavour)
        pump([run], lambda: False)
        failure = None
        if run.cause or slot.zygote(flavour).wait_for_end(run.child).status != 0:
            failure = slot.explain_end(flavour, run)
        elif run.over_cpu_limit:  # it ended before anyone looked
            failure = run.cpu_failure()
    return ScriptOutcome(bytes(run.stdout), failure, run.child.cpu_seconds())
