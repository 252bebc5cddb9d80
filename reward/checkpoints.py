"""Checkpoints that are whole or absent: written beside, renamed, and pointed to last.

checkpoints/step-000050/model/        the model as a plain Hugging Face folder
checkpoints/step-000050/trainer.pt    float32 weights and optimiser (DeepSpeed writes deepspeed/ instead)
checkpoints/step-000050/state.json    where the run was
checkpoints/latest                    the name of the newest whole checkpoint

The newest is kept, and the best by held-out accuracy.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from reward.ranks import Ranks


@dataclass
class TrainState:
    """Where a run is. The order of the pairs follows from the seed and the step."""

    data_digest: str
    step: int = 0
    best_step: int = 0
    best_accuracy: float = -1.0
    best_loss: float = 0.0


class RewardCheckpoints:
    """The checkpoints of one run folder, written by all ranks together."""

    def __init__(self, run_dir: Path, ranks: Ranks):
        self.folder, self._ranks = run_dir / "checkpoints", ranks

    def save(self, state: TrainState, write: Callable[[Path], None]) -> None:
        """Write a checkpoint; `write` puts each rank's files into the folder it is given."""
        target = self.of_step(state.step)
        beside = target.with_name(f".{target.name}.tmp")
        if self._ranks.first:
            for stale in (beside, target):
                shutil.rmtree(stale, ignore_errors=True)
            beside.mkdir(parents=True)
        self._ranks.gather(None)
        write(beside)
        self._ranks.gather(None)
        if self._ranks.first:
            (beside / "state.json").write_text(json.dumps(asdict(state), indent=1) + "\n")
            beside.rename(target)
            pointer = self.folder / ".latest.tmp"
            pointer.write_text(target.name + "\n")
            os.replace(pointer, self.folder / "latest")
            self._keep_only({target, self.of_step(state.best_step)})

    def latest(self) -> tuple[Path, TrainState] | None:
        """The newest whole checkpoint; what a killed run left behind it is removed."""
        pointer = self.folder / "latest"
        if not pointer.is_file():
            return None
        folder = self.folder / pointer.read_text().strip()
        state = TrainState(**json.loads((folder / "state.json").read_text()))
        if self._ranks.first:
            self._keep_only({folder, self.of_step(state.best_step)})
        return folder, state

    def of_step(self, step: int) -> Path:
        return self.folder / f"step-{step:06d}"

    def _keep_only(self, kept: set[Path]) -> None:
        for other in {*self.folder.glob("step-*"), *self.folder.glob(".step-*")} - kept:
            shutil.rmtree(other)
