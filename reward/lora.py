"""Low-rank training of a reward model: additions put in before, merged into plain weights for saving."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from reward.train_settings import LoraConfig

_DOWN, _UP = ".lora_A.default.weight", ".lora_B.default.weight"


def add_lora(classifier: Any, settings: LoraConfig) -> None:
    """Freeze the model and put trainable additions beside its linear layers; the head is trained whole."""
    from peft import LoraConfig as PeftConfig
    from peft import inject_adapter_in_model

    peft_config = PeftConfig(
        task_type="SEQ_CLS", r=settings.rank, lora_alpha=settings.alpha, target_modules="all-linear"
    )
    inject_adapter_in_model(peft_config, classifier)
    for parameter in classifier.score.parameters():
        parameter.requires_grad_(True)


def merge_lora(weights: dict[str, Tensor], settings: LoraConfig) -> dict[str, Tensor]:
    """Plain weights W + alpha/rank · B A from those of a model with additions (arXiv 2106.09685, equation 3).

    Works on copies: merging in place and taking it apart again would leave rounding in the weights.
    """
    merged = {}
    for name, weight in weights.items():
        if name.endswith((_DOWN, _UP)):
            continue
        place = name.removesuffix(".base_layer.weight")
        if place + _DOWN in weights:
            addition = weights[place + _UP] @ weights[place + _DOWN]
            weight = weight + settings.alpha / settings.rank * addition
        merged[name.replace(".base_layer.", ".")] = weight
    return merged
