"""`policy.deepspeed`: a DeepSpeed configuration as its users write it, without what the rest of a config decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig

DECIDED_HERE = {
    "batch": "rollout.prompts_per_step, rollout.samples_per_prompt and policy.updates_per_step",
    "micro-batch": "policy.tokens_per_micro_batch",
    "clip": "policy.gradient_clip",
    "optimiser": "policy.learning_rate, policy.adam_betas and policy.weight_decay",
    "schedule": "policy.schedule and policy.warmup_updates",
    "precision": "policy.bf16",
    "checkpointing": "policy.gradient_checkpointing",
}


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
