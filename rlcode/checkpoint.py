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
    rewarder: dict[str, Any] | None = None


class Checkpoints:
    """The checkpoints of one run folder."""

    def __init__(self, run_dir: Path, keep: int):
        self.folder = run_dir / "checkpoints"
        self._keep = keep

    def save(self, state: RunState, write_policy: Callable[[Path], None]) -> Path:
        """Write a checkpoint of `state`; `write_policy` puts the policy's files into the folder it is given.

        A step that already has the newest checkpoint is not written again.
        """
        target = self.folder / f"step-{state.step:06d}"
        if self._newest() == target:
            return target
        for stale in [*self.folder.glob(".step-*.tmp"), target]:
            shutil.rmtree(stale, ignore_errors=True)
        beside = self.folder / f".{target.name}.tmp"
        beside.mkdir(parents=True)
        write_policy(beside)
        (beside / "state.json").write_text(json.dumps(asdict(state), indent=1))
        beside.rename(target)
        pointer = self.folder / ".latest.tmp"
        pointer.write_text(target.name)
        os.replace(pointer, self.folder / "latest")
        # Later steps are those of a run that was killed and went on from an earlier one.
        kept = sorted(path for path in self.folder.glob("step-*") if path <= target)[-self._keep :]
        for other in set(self.folder.glob("step-*")) - set(kept):
            shutil.rmtree(other)
        return target

    def _newest(self) -> Path | None:
        pointer = self.folder / "latest"
        return self.folder / pointer.read_text().strip() if pointer.is_file() else None

    def latest(self, model: str) -> tuple[Path, RunState]:
        """The newest whole checkpoint. Raises CheckpointError when there is none, or when it is of another model."""
        folder = self._newest()
        if folder is None:
            raise CheckpointError(f"{self.folder} holds no checkpoint; start the run again without --resume")
        try:
            state = RunState(**json.loads((folder / "state.json").read_text()))
        except (OSError, TypeError, json.JSONDecodeError) as error:
            raise CheckpointError(
                f"{folder} is damaged ({error}); write the name of an older step into {self.folder / 'latest'}"
            ) from None
        if state.model != model:
            raise CheckpointError(f"{folder} was made with model {state.model!r}, the config says {model!r}")
        return folder, state
