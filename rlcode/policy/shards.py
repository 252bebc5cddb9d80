"""How an update is computed when DeepSpeed's ZeRO spreads the model over the ranks (arXiv 1910.02054).

Stage 1 shards the optimiser's state, 2 the gradients too, 3 the weights too. Passes through a sharded model are
collective: every rank has to make the same ones, so ranks bring equally many rows, each with equally many head chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from reward.models import load_causal_model
from reward.settings import ConfigError
from reward.zero import import_deepspeed
from rlcode.policy.logprobs import Scorer, chunk_count
from rlcode.policy.lora import Weight, plain_weights
from rlcode.policy.packing import PackedRow, filler_row
from rlcode.policy.replica import compute_dtype, load_frozen, load_trainable, make_optimizer
from rlcode.policy.zero_config import engine_config, frozen_config

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig

GATHER_MB = 512
TAG = "deepspeed"


class Shards:
    """One rank's part of the model and its optimiser. The process group must be there before."""

    def __init__(self, model_path: str, settings: PolicyConfig, device: torch.device):
        deepspeed = import_deepspeed(device.type)
        config = engine_config(settings)
        self.settings, self._device = settings, device
        self.stage: int = config["zero_optimization"]["stage"]
        with _loading_shards(config, self.stage):
            self.model = load_trainable(model_path, settings, device)
        self.optimizer = make_optimizer(self.model, settings)
        self.score, *_ = deepspeed.initialize(
            model=Scorer(self.model, device, settings.bf16), optimizer=self.optimizer, config=config
        )

    def frozen(self, model_path: str) -> nn.Module:
        """A second model that is only read; sharded like the first at stage 3, whole on every rank below."""
        deepspeed = import_deepspeed(self._device.type)
        config = frozen_config(self.settings)
        if self.stage < 3:
            return Scorer(load_frozen(model_path, self.settings, self._device), self._device, self.settings.bf16)
        with _loading_shards(config, self.stage):
            model = load_causal_model(model_path, compute_dtype(self.settings), self._device).requires_grad_(False)
        return deepspeed.initialize(model=Scorer(model, self._device, self.settings.bf16), config=config)[0]

    def align(self, rows: list[PackedRow]) -> list[PackedRow]:
        """As many rows on every rank, the n-th with as many head chunks: short ranks get rows without samples."""
        count = self._largest_over_ranks(torch.tensor([len(rows)])).item()
        chunks_R = torch.tensor([chunk_count(row) for row in rows] + [1] * (int(count) - len(rows)), dtype=torch.long)
        rows = rows + [filler_row()] * (int(count) - len(rows))
        chunks = self._largest_over_ranks(chunks_R).tolist()
        return [replace(row, least_chunks=least) for row, least in zip(rows, chunks, strict=True)]

    def zero_gradient(self) -> None:
        """DeepSpeed drops the gradient with each step."""

    def backward(self, loss: Tensor, last: bool) -> None:
        """Add a row's gradient. `last` says that the update's step comes next."""
        self.score.set_gradient_accumulation_boundary(last)
        self.score.backward(loss * dist.get_world_size(), scale_wrt_gas=False)  # DeepSpeed averages over ranks

    def step(self) -> float:
        """Clip and apply the gradient summed over ranks; returns its norm before clipping.

        With a norm that is no finite number DeepSpeed applies nothing and drops the gradient.
        """
        self.score.step()
        return float(self.score.get_global_grad_norm())

    def weights(self, dtype: torch.dtype, device: torch.device) -> Iterator[tuple[str, Tensor]]:
        """Every weight of the plain model. At stage 3 all ranks iterate together, and none holds more
        than `GATHER_MB` of gathered weights (or a single larger one)."""
        if self.stage < 3:
            yield from ((weight.name, weight.value().to(device, dtype)) for weight in plain_weights(self.model))
            return
        for group in _groups(plain_weights(self.model), GATHER_MB * 2**20):
            with _gathered(group):
                copies = [(weight.name, weight.value().to(device, dtype, copy=True)) for weight in group]
            yield from copies

    def help_gather(self) -> None:
        """A rank's part while another one iterates over `weights`: copies would cost it as much time as that one."""
        if self.stage == 3:
            for group in _groups(plain_weights(self.model), GATHER_MB * 2**20):
                with _gathered(group):
                    pass

    def save(self, folder: Path) -> dict[str, Any]:
        """Every rank writes its shards into the folder; the rest is in the optimiser's and DeepSpeed's files."""
        frozen = self.settings.lora is not None
        self.score.save_checkpoint(str(folder), tag=TAG, save_latest=False, exclude_frozen_parameters=frozen)
        return {"ranks": dist.get_world_size(), "stage": self.stage}

    def load(self, folder: Path, state: dict[str, Any]) -> None:
        """Take up the shards. Raises ConfigError when they were cut for other ranks."""
        mine = {"ranks": dist.get_world_size(), "stage": self.stage}
        if state != mine:
            raise ConfigError(
                f"{folder} was saved by {state.get('ranks')} ranks at ZeRO stage {state.get('stage')}; this run has "
                f"policy.workers={mine['ranks']} and stage {mine['stage']}: set them as they were, or start a new run "
                f"with model={folder / 'model'}"
            )
        self.score.load_checkpoint(str(folder), tag=TAG, load_module_strict=self.settings.lora is None)

    def close(self) -> None:
        """Take DeepSpeed's hooks off; without this the interpreter may abort while it ends."""
        self.score.destroy()

    def _largest_over_ranks(self, values_R: Tensor) -> Tensor:
        values_R = values_R.to(self._device)
        dist.all_reduce(values_R, op=dist.ReduceOp.MAX)
        return values_R.cpu()


@contextmanager
def _loading_shards(config: dict[str, Any], stage: int) -> Iterator[None]:
    """Models loaded meanwhile are cut into shards as they are read, so that no rank ever holds a whole one."""
    if stage < 3:
        yield
        return
    from transformers.integrations.deepspeed import HfDeepSpeedConfig, unset_hf_deepspeed_config

    kept = HfDeepSpeedConfig(config)  # transformers holds it by a weak reference only
    try:
        yield
    finally:
        unset_hf_deepspeed_config()
        del kept


def _gathered(group: list[Weight]) -> Any:
    """The values of a group are there as long as this context lasts. All ranks enter it together."""
    from deepspeed.runtime.zero import GatheredParameters

    return GatheredParameters([part for weight in group for part in weight.parts])


def _groups(weights: Iterator[Weight], limit_bytes: int) -> Iterator[list[Weight]]:
    """Weights in order, in groups whose gathered parts stay below the limit (or hold a single larger weight)."""
    pending: list[Weight] = []
    used = 0
    for weight in weights:
        size = sum(part.ds_numel * part.element_size() for part in weight.parts)  # type: ignore[attr-defined]
        if pending and used + size > limit_bytes:
            yield pending
            pending, used = [], 0
        pending.append(weight)
        used += size
    if pending:
        yield pending
