"""How an update is computed when every rank holds the whole model: each its share of the rows, gradients summed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor

from reward.models import load_causal_model, switch_dropout_off
from reward.settings import ConfigError
from rlcode.policy.logprobs import Scorer
from rlcode.policy.lora import add_adapters, plain_weights
from rlcode.policy.packing import PackedRow

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig


class Replica:
    """The whole model with its optimiser."""

    def __init__(self, model_path: str, settings: PolicyConfig, device: torch.device):
        self.settings, self._device = settings, device
        self.model = load_trainable(model_path, settings, device)
        self.score = Scorer(self.model, device, settings.bf16)
        self.optimizer = make_optimizer(self.model, settings)

    def frozen(self, model_path: str) -> Scorer:
        """A second model that is only read."""
        return Scorer(load_frozen(model_path, self.settings, self._device), self._device, self.settings.bf16)

    def align(self, rows: list[PackedRow]) -> list[PackedRow]:
        """Rows as they are: ranks meet only at the end of an update."""
        return rows

    def zero_gradient(self) -> None:
        """Before the first row of an update."""
        self.optimizer.zero_grad(set_to_none=False)

    def backward(self, loss: Tensor, last: bool) -> None:
        """Add a row's gradient. `last` says that the update's step comes next."""
        loss.backward()

    def step(self) -> float:
        """Clip and apply the gradient summed over ranks; returns its norm before clipping.

        With a norm that is no finite number nothing is applied.
        """
        parameters = trainable(self.model)
        for parameter in parameters:
            if parameter.grad is None:  # this rank had no samples
                parameter.grad = torch.zeros_like(parameter)
            if dist.is_initialized():
                dist.all_reduce(parameter.grad)
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, self.settings.gradient_clip))
        if math.isfinite(norm):
            self.optimizer.step()
        return norm

    def weights(self, dtype: torch.dtype, device: torch.device) -> Iterator[tuple[str, Tensor]]:
        """Every weight of the plain model, under its Hugging Face name."""
        return ((weight.name, weight.value().to(device, dtype)) for weight in plain_weights(self.model))

    def help_gather(self) -> None:
        """Every rank has all of them."""

    def save(self, folder: Path) -> dict[str, Any]:
        """What has to be stored to go on; the same on every rank."""
        parameters = {name: tensor for name, tensor in self.model.named_parameters() if tensor.requires_grad}
        return {"weights": parameters, "optimizer": self.optimizer.state_dict()}

    def load(self, folder: Path, state: dict[str, Any]) -> None:
        """Take up what `save` returned. Raises ConfigError when that is of other parameters."""
        trained = {name for name, parameter in self.model.named_parameters() if parameter.requires_grad}
        if state.get("weights", {}).keys() != trained:
            raise ConfigError(
                f"{folder} was saved with another policy.lora or policy.deepspeed: set them as they were, or start a "
                f"new run with model={folder / 'model'}"
            )
        self.model.load_state_dict(state["weights"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])

    def close(self) -> None:
        """Holds nothing but memory."""


def load_trainable(model_path: str, settings: PolicyConfig, device: torch.device) -> Any:
    """The model to train: float32 master weights, or frozen weights in the computation's precision with adapters."""
    dtype = compute_dtype(settings) if settings.lora else torch.float32
    model = load_causal_model(model_path, dtype, device).train()
    switch_dropout_off(model)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if settings.lora:
        add_adapters(model, settings.lora)
    return model


def load_frozen(model_path: str, settings: PolicyConfig, device: torch.device) -> Any:
    """A model that is only read. Its log-probabilities are those of `load_trainable` with the same weights: layers that
    autocast would run in bfloat16 are kept in it, also a head whose weights are the embedding's; the rest in float32.
    """
    model = load_causal_model(model_path, torch.float32, device).requires_grad_(False)
    embedding = model.get_input_embeddings().weight
    for module in model.modules():
        if settings.bf16 and isinstance(module, torch.nn.Linear):
            if module.weight is embedding:
                module.weight = torch.nn.Parameter(embedding, requires_grad=False)
            module.to(torch.bfloat16)
    return model


def make_optimizer(model: Any, settings: PolicyConfig) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        trainable(model),
        lr=settings.learning_rate,
        betas=settings.adam_betas,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def trainable(model: Any) -> Sequence[Tensor]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def compute_dtype(settings: PolicyConfig) -> torch.dtype:
    """The precision of the forward pass, and of the engines."""
    return torch.bfloat16 if settings.bf16 else torch.float32
