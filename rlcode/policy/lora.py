"""Low-rank adapters (LoRA, arXiv 2106.09685) in a model that stays otherwise as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from reward.settings import ConfigError

if TYPE_CHECKING:
    from rlcode.config import LoraConfig

ADAPTER = "default"


def add_adapters(model: Any, settings: LoraConfig) -> None:
    """Put float32 adapters into the model and freeze the rest. They start as zero: the model computes what it did.

    Raises ConfigError when a target is no layer of the model, or a layer whose weights another one shares.
    """
    from peft import LoraConfig as Adapters
    from peft import inject_adapter_in_model

    config = Adapters(
        r=settings.rank,
        lora_alpha=settings.alpha,
        target_modules=settings.target_modules,
        lora_dropout=settings.dropout,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the same on every rank
        try:
            inject_adapter_in_model(config, model, ADAPTER)
        except ValueError as error:
            raise ConfigError(f"policy.lora.target_modules {settings.target_modules}: {error}") from None
    for name, layer in _adapted(model):
        if f"{name}.base_layer.weight" not in dict(model.named_parameters()):
            raise ConfigError(
                f"policy.lora.target_modules has {name}, whose weights are also another layer's; leave it out"
            )
        for part in (layer.lora_A, layer.lora_B):
            part.float()


@contextmanager
def without_adapters(model: Any) -> Iterator[None]:
    """The model as it was before any training, for the time of a forward pass."""
    layers = [layer for _, layer in _adapted(model)]
    for layer in layers:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)


@dataclass(frozen=True)
class Weight:
    """A weight under the name it has in the plain model, and what its value is made of."""

    name: str
    parameter: Tensor
    adapted: Any = None  # the layer whose adapter is to be added

    @property
    def parts(self) -> list[Tensor]:
        """Parameters that have to be there to compute the value."""
        if self.adapted is None:
            return [self.parameter]
        return [self.parameter, self.adapted.lora_A[ADAPTER].weight, self.adapted.lora_B[ADAPTER].weight]

    @torch.no_grad()
    def value(self) -> Tensor:
        """The weight with its adapter merged into it."""
        if self.adapted is None:
            return self.parameter.detach()
        return self.parameter.float() + self.adapted.get_delta_weight(ADAPTER)


def plain_weights(model: Any) -> Iterator[Weight]:
    """The weights of the model that adapters make up, in its order; tied copies once."""
    adapted = dict(_adapted(model))
    for name, parameter in model.named_parameters():
        owner, _, rest = name.partition(".base_layer.")
        if rest:
            yield Weight(f"{owner}.{rest}", parameter, adapted[owner] if rest == "weight" else None)
        elif name.partition(".lora_")[0] not in adapted:
            yield Weight(name, parameter)


def _adapted(model: Any) -> list[tuple[str, Any]]:
    from peft.tuners.lora import LoraLayer

    return [(name, module) for name, module in model.named_modules() if isinstance(module, LoraLayer)]
