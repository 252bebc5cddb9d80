"""An update that was refused because a loss or gradient is not finite: what it was given, and that once more.

    python -m rlcode.policy.replay runs/mine/failed-step-000012.pt

With several ranks each has written its own file; name all of them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from rlcode.algorithms import AlgorithmSettings, BatchTotals
from rlcode.policy.packing import TrainSample

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig


@dataclass(frozen=True)
class RefusedUpdate:
    """Everything that one rank's update depends on. The weights, in float32, are in the folder `model`."""

    samples: list[TrainSample]
    totals: BatchTotals
    kl_coefficient: float
    algorithm: AlgorithmSettings
    settings: PolicyConfig
    temperature: float
    model: Path


def load(files: Sequence[Path]) -> RefusedUpdate:
    """The update of all ranks as that of one."""
    shares: list[RefusedUpdate] = [torch.load(file, weights_only=False) for file in files]
    return replace(shares[0], samples=[sample for share in shares for sample in share.samples])


def replay(refused: RefusedUpdate) -> list[int]:
    """Compute each sample alone, then the whole update, and print what happens. Returns the indices of the samples
    whose own loss is not finite."""
    from rlcode.policy.policy import NotFinite, Policy

    settings = refused.settings.model_copy(update={"deepspeed": None, "workers": 1})
    policy = Policy(str(refused.model), settings, refused.algorithm, refused.temperature, total_updates=1)
    found = []
    for index, sample in enumerate(refused.samples):
        (row,) = policy.rows([sample])
        loss, _ = policy.loss(row, [sample], refused.totals, refused.kl_coefficient)
        if not torch.isfinite(loss):
            found.append(index)
            print(f"sample {index} ({len(sample.completion_ids)} tokens): the loss is {loss.item()}", flush=True)
    print(f"{len(found)} of {len(refused.samples)} samples have a loss that is not finite", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            policy.update(refused.samples, refused.totals, refused.kl_coefficient, Path(folder, "again.pt"))
        except NotFinite as error:
            print(str(error).partition(";")[0], flush=True)
            return found
    print("this time the update went through: what was not finite did not come from samples and weights alone")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rlcode.policy.replay", description="A refused update once more.")
    parser.add_argument("files", nargs="+", type=Path, help="failed-step-*.pt of a run, of every rank")
    replay(load(parser.parse_args().files))


if __name__ == "__main__":
    main()
