"""One optimiser step over many rows, by PyTorch alone or through DeepSpeed. The trainer uses both in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist
from torch import Tensor

from reward.model import RewardModel
from reward.packing import Row
from reward.ranks import Ranks
from reward.train_settings import RewardTrainConfig
from reward.zero import import_deepspeed


class Optimiser(Protocol):
    """Holds the model while it learns."""

    def scores(self, row: Row) -> Tensor:
        """Scores (N,) of the row's texts, with gradient where it is asked for."""

    def backward(self, loss: Tensor, last: bool) -> None:
        """Add the gradient of one row's share of the batch's loss; `last` on the last row of the batch."""

    def step(self, learning_rate: float) -> float:
        """Sum the gradients over ranks, clip them, change the weights. Returns the norm before clipping; where that is
        not finite the run has to end."""

    def weights(self) -> dict[str, Tensor]:
        """All weights of the classifier, float32, whole, on the CPU. Every rank must call."""

    def save(self, folder: Path) -> None:
        """Everything that `load` needs to go on as if never stopped. Every rank must call."""

    def load(self, folder: Path) -> None: ...


def make_optimiser(config: RewardTrainConfig, model: RewardModel, ranks: Ranks) -> Optimiser:
    kind = PlainOptimiser if config.deepspeed is None else DeepSpeedOptimiser
    return kind(config, model, ranks)


class PlainOptimiser:
    """AdamW in float32; with several ranks each holds the whole model and gradients are summed."""

    def __init__(self, config: RewardTrainConfig, model: RewardModel, ranks: Ranks):
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model, self._ranks, self._config = model.to(self._device).train(), ranks, config
        self._trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self._adamw = _adamw(config, model)

    def scores(self, row: Row) -> Tensor:
        row = row.to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.bf16):
            scores_N: Tensor = self._model(row)
        return scores_N

    def backward(self, loss: Tensor, last: bool) -> None:
        loss.backward()

    def step(self, learning_rate: float) -> float:
        if self._ranks.count > 1:
            for parameter in self._trained.values():
                dist.all_reduce(parameter.grad)
        norm = torch.nn.utils.clip_grad_norm_(self._trained.values(), self._config.gradient_clip)
        if torch.isfinite(norm):
            _set_learning_rate(self._adamw, learning_rate)
            self._adamw.step()
        self._adamw.zero_grad(set_to_none=False)
        return float(norm)

    def weights(self) -> dict[str, Tensor]:
        return {name: value.detach().float().cpu() for name, value in self._model.classifier.named_parameters()}

    def save(self, folder: Path) -> None:
        if self._ranks.first:
            trained = {name: value.detach() for name, value in self._trained.items()}
            torch.save({"weights": trained, "adamw": self._adamw.state_dict()}, folder / "trainer.pt")

    def load(self, folder: Path) -> None:
        state = torch.load(folder / "trainer.pt", weights_only=True, map_location=self._device)
        self._model.load_state_dict(state["weights"], strict=False)
        self._adamw.load_state_dict(state["adamw"])


class DeepSpeedOptimiser:
    """The same through DeepSpeed, which shares weights, gradients and optimiser out over the ranks (ZeRO)."""

    def __init__(self, config: RewardTrainConfig, model: RewardModel, ranks: Ranks):
        deepspeed = import_deepspeed("cuda" if torch.cuda.is_available() else "cpu")
        self._ranks, self._classifier = ranks, model.classifier
        settings = {
            "zero_allow_untested_optimizer": True,
            "zero_force_ds_cpu_optimizer": False,
            **(config.deepspeed or {}),
            "train_micro_batch_size_per_gpu": 1,
            "gradient_accumulation_steps": 1,
            "gradient_clipping": config.gradient_clip,
            "bf16": {"enabled": config.bf16},
        }
        trained = [value for value in model.parameters() if value.requires_grad]
        self._engine, *_ = deepspeed.initialize(
            model=model, model_parameters=trained, optimizer=_adamw(config, model), config=settings
        )
        self._engine.train()

    def scores(self, row: Row) -> Tensor:
        row = row.to(self._engine.device)
        scores_N: Tensor = self._engine(row)
        return scores_N

    def backward(self, loss: Tensor, last: bool) -> None:
        self._engine.set_gradient_accumulation_boundary(last)
        self._engine.backward(loss * self._ranks.count)  # DeepSpeed takes the mean over ranks

    def step(self, learning_rate: float) -> float:
        _set_learning_rate(self._engine.optimizer, learning_rate)
        self._engine.step()
        return float(self._engine.get_global_grad_norm() or 0.0)

    def weights(self) -> dict[str, Tensor]:
        return {name: _whole(value) for name, value in self._classifier.named_parameters()}

    def save(self, folder: Path) -> None:
        self._engine.save_checkpoint(str(folder), tag="deepspeed", save_latest=False, exclude_frozen_parameters=True)

    def load(self, folder: Path) -> None:
        self._engine.load_checkpoint(str(folder), tag="deepspeed", load_module_strict=False)


def _whole(parameter: Any) -> Tensor:
    """A parameter that ZeRO may have shared out, in float32."""
    from deepspeed.runtime.zero import GatheredParameters
    from deepspeed.utils import safe_get_full_fp32_param

    if parameter.requires_grad and (master := safe_get_full_fp32_param(parameter)) is not None:
        return master.detach().float().cpu()
    with GatheredParameters([parameter]):
        whole: Tensor = parameter.detach().float().cpu().clone()
    return whole


def _adamw(config: RewardTrainConfig, model: RewardModel) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        [value for value in model.parameters() if value.requires_grad],
        lr=config.learning_rate,
        betas=config.adam_betas,
        weight_decay=config.weight_decay,
        fused=config.deepspeed is None,
    )


def _set_learning_rate(optimizer: Any, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
