"""DeepSpeed's ZeRO (arXiv 1910.02054): reading its configuration, and importing it."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What a DeepSpeed configuration could decide and our settings do. The words are keys of `ours` in `read_zero_config`.
DECIDED_ELSEWHERE = {
    "train_batch_size": "batch",
    "train_micro_batch_size_per_gpu": "micro-batch",
    "gradient_accumulation_steps": "micro-batch",
    "managed_gradient_accumulation": "micro-batch",
    "gradient_clipping": "clip",
    "optimizer": "optimiser",
    "scheduler": "schedule",
    "fp16": "precision",
    "bf16": "precision",
    "bfloat16": "precision",
    "amp": "precision",
    "torch_autocast": "precision",
    "activation_checkpointing": "checkpointing",
}


def read_zero_config(value: Any, ours: Mapping[str, str]) -> dict[str, Any]:
    """The configuration, given as a mapping or as the path of a JSON file, without its "auto" values and without
    sections that say nothing but that they are decided elsewhere or off.

    `ours` names our settings for each word of `DECIDED_ELSEWHERE`. Raises ValueError when the configuration cannot be
    read, has no ZeRO stage of 1, 2 or 3, or decides what our settings do.
    """
    if isinstance(value, str | Path):
        try:
            value = json.loads(Path(value).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{value} is not a DeepSpeed configuration in JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("a DeepSpeed configuration is a mapping, or the path of a JSON file that holds one")
    open_sections = [key for key in DECIDED_ELSEWHERE if _leaves_open(value.get(key))]
    config: dict[str, Any] = _without_auto({key: inner for key, inner in value.items() if key not in open_sections})
    for key in config:
        if key in DECIDED_ELSEWHERE:
            raise ValueError(f'{key} is decided by {ours[DECIDED_ELSEWHERE[key]]}: remove it here, or set it to "auto"')
    zero = config.get("zero_optimization")
    stage = zero.get("stage") if isinstance(zero, dict) else None
    if stage not in (1, 2, 3):
        raise ValueError(
            f"zero_optimization.stage is {stage}; it must be 1 (optimiser sharded), 2 (and gradients) or 3 (and "
            "weights); without any, leave deepspeed out"
        )
    return config


def _leaves_open(section: Any) -> bool:
    """`{"enabled": "auto", …}` or false, as files for other trainers have it, or AdamW, which is ours, all "auto"."""
    if not isinstance(section, dict):
        return False
    params = section.get("params")
    is_ours = section.get("type") == "AdamW" and isinstance(params, dict) and {*params.values()} <= {"auto"}
    return is_ours or section.get("enabled") in ("auto", False)


def _without_auto(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_auto(inner) for key, inner in value.items() if inner != "auto"}
    return value


def import_deepspeed(device_type: str) -> Any:
    """DeepSpeed, told what it would otherwise look for."""
    os.environ.setdefault("DS_ACCELERATOR", device_type)
    os.environ.setdefault("LOCAL_RANK", "0")  # a Ray worker sees its own device only; without torchrun one is alone
    import deepspeed

    # On CPUs it would compile an extension for shared memory at its first start: whoever is killed meanwhile leaves a
    # lock in the user's cache for which every later process waits, for ever. With no operators it uses torch's own.
    vars(deepspeed.ops).setdefault("__compatible_ops__", {})
    # Its collectives go by names that torch is renaming: a line in the log for each call.
    warnings.filterwarnings("ignore", ".* is deprecated", FutureWarning, "torch.distributed")
    return deepspeed
