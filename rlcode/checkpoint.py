"""Checkpoints that are whole or absent: written beside, renamed, and pointed to last.

checkpoints/step-000010/model/      the policy as a plain Hugging Face folder
checkpoints/step-000010/policy.pt   fp32 weights, optimiser, schedule, random state
checkpoints/step-000010/state.json  the rest of the run's state
checkpoints/latest                  the name of the newest whole checkpoint
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class CheckpointError(RuntimeError):
    """A checkpoint that is missing or belongs to another run; the message says what to do."""


@dataclass
class RunState:
    """Where a run is. With the config and the policy's file this is all that a run needs to go on."""

    model: str
    step: int = 0
    next_problem: int = 0
    policy_version: int = 0
    kl_controller: dict[str, Any] | None = None


class Checkpoints:
    """The checkpoints of one run folder."""

    def __init__(self, run_dir: Path, keep: int):
        self.folder = run_dir / "checkpoints"
        self._keep = keep

    def save(self, state: RunState, write_policy: Callable[[Path], None]) -> Path:
        """Write a checkpoint of `state`; `write_policy` puts the policy's files into the folder it is given."""
        target = self.folder / f"step-{state.step:06d}"
        beside = self.folder / f".{target.name}.tmp"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        write_policy(beside)
        (beside / "state.json").write_text(json.dumps(asdict(state), indent=1))
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
        pointer = self.folder / ".latest.tmp"
        pointer.write_text(target.name)
        os.replace(pointer, self.folder / "latest")
        for old in sorted(self.folder.glob("step-*"))[: -self._keep]:
            shutil.rmtree(old)
        return target

    def latest(self, model: str) -> tuple[Path, RunState]:
        """The newest whole checkpoint. Raises CheckpointError when there is none, or when it is of another model."""
        pointer = self.folder / "latest"
        if not pointer.is_file():
            raise CheckpointError(f"{self.folder} holds no checkpoint; start the run again without --resume")
        folder = self.folder / pointer.read_text().strip()
        try:
            state = RunState(**json.loads((folder / "state.json").read_text()))
        except (OSError, TypeError, json.JSONDecodeError) as error:
            raise CheckpointError(f"{folder} is damaged ({error}); point {pointer} to an older step") from None
        if state.model != model:
            raise CheckpointError(f"{folder} was made with model {state.model!r}, the config says {model!r}")
        return folder, state
