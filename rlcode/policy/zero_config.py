"""`policy.deepspeed`: a DeepSpeed configuration as its users write it, without what the rest of a config decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig

DECIDED_ELSEWHERE = {
    "train_batch_size": "rollout.prompts_per_step, rollout.samples_per_prompt and policy.updates_per_step",
    "train_micro_batch_size_per_gpu": "policy.tokens_per_micro_batch",
    "gradient_accumulation_steps": "policy.tokens_per_micro_batch",
    "managed_gradient_accumulation": "policy.tokens_per_micro_batch",
    "gradient_clipping": "policy.gradient_clip",
    "optimizer": "policy.learning_rate, policy.adam_betas and policy.weight_decay",
    "scheduler": "policy.schedule and policy.warmup_updates",
    "fp16": "policy.bf16",
    "bf16": "policy.bf16",
    "bfloat16": "policy.bf16",
    "amp": "policy.bf16",
    "torch_autocast": "policy.bf16",
    "activation_checkpointing": "policy.gradient_checkpointing",
}


def read_zero_config(value: Any) -> dict[str, Any]:
    """The configuration, given as a mapping or as the path of a JSON file, with its "auto" values left out.

    Raises ValueError when it cannot be read, has no ZeRO stage of 1, 2 or 3, or sets what a config sets elsewhere.
    """
    if isinstance(value, str | Path):
        try:
            value = json.loads(Path(value).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{value} is not a DeepSpeed configuration in JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("a DeepSpeed configuration is a mapping, or the path of a JSON file that holds one")
    config: dict[str, Any] = _without_auto(value)
    for key in config:
        if key in DECIDED_ELSEWHERE:
            raise ValueError(f'{key} is decided by {DECIDED_ELSEWHERE[key]}: remove it here, or set it to "auto"')
    zero = config.get("zero_optimization")
    stage = zero.get("stage") if isinstance(zero, dict) else None
    if stage not in (1, 2, 3):
        raise ValueError(
            f"zero_optimization.stage is {stage}; it must be 1 (optimiser sharded), 2 (and gradients) or 3 (and "
            "weights); without any, leave policy.deepspeed out"
        )
    return config


def engine_config(settings: PolicyConfig) -> dict[str, Any]:
    """What DeepSpeed is started with: float32 weights, one packed row at a time, as many as an update has."""
    config = dict(settings.deepspeed or {})
    config["zero_optimization"] = {"overlap_comm": False, **config["zero_optimization"]}
    return {
        "steps_per_print": 10**9,
        "zero_force_ds_cpu_optimizer": False,  # torch's fused AdamW runs on CPUs too, and needs no compiler
        **config,
        "train_micro_batch_size_per_gpu": 1,
        # Above 1, so that every path of DeepSpeed adds gradients up; the policy says which row is an update's last.
        "gradient_accumulation_steps": 2,
        "gradient_clipping": settings.gradient_clip,
    }


def frozen_config(settings: PolicyConfig) -> dict[str, Any]:
    """The same for a model that is only read: its weights sharded, in the precision of the computation."""
    config = engine_config(settings)
    offload = config["zero_optimization"].get("offload_param")
    return {
        "steps_per_print": config["steps_per_print"],
        "train_micro_batch_size_per_gpu": 1,
        "bf16": {"enabled": settings.bf16},
        "zero_optimization": {"stage": 3, **({"offload_param": offload} if offload else {})},
    }


def _without_auto(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_auto(inner) for key, inner in value.items() if inner != "auto"}
    return value
