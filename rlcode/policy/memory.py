"""Memory that is not enough: which setting to lower, with the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from rlcode.policy.packing import PackedRow

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig


class OutOfMemory(RuntimeError):
    """A rank of the policy has not enough memory; the message says for what and which settings to change."""


@contextmanager
def pass_over(row: PackedRow, settings: PolicyConfig) -> Iterator[None]:
    """A forward or backward pass. Its memory grows with the tokens of a row."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        tokens, budget = row.ids_1S.shape[1], settings.tokens_per_micro_batch
        changes = [f"lower policy.tokens_per_micro_batch ({budget}) below {tokens}"]
        if tokens > budget or len(row.indices_N) == 1:
            changes = ["lower rollout.max_new_tokens or max_prompt_tokens (this is a single sample)"]
        if not settings.gradient_checkpointing:
            changes.append("set policy.gradient_checkpointing: true")
        raise OutOfMemory(
            f"out of memory in a pass over {tokens} tokens: {', or '.join(changes)}. {_said(error)}"
        ) from None


@contextmanager
def holding_model(settings: PolicyConfig) -> Iterator[None]:
    """Loading, or a step of the optimiser. Their memory grows with the parameters that a rank holds."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        stage = (settings.deepspeed or {}).get("zero_optimization", {}).get("stage", 0)
        changes = ["add policy.workers"] if stage else ["set policy.deepspeed, which shards the model over workers"]
        if 0 < stage < 3:
            changes.append(f"raise policy.deepspeed.zero_optimization.stage ({stage})")
        if "offload_optimizer" not in (settings.deepspeed or {}).get("zero_optimization", {}):
            changes.append("offload with zero_optimization.offload_optimizer: {device: cpu}")
        if not settings.lora:
            changes.append("train adapters with policy.lora")
        raise OutOfMemory(
            f"out of memory for the model and its optimiser, 16 bytes a trained parameter over {settings.workers} "
            f"worker(s): {', or '.join(changes)}. {_said(error)}"
        ) from None


def _is_out_of_memory(error: BaseException) -> bool:
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    # On CPUs torch raises a plain RuntimeError: "can't allocate memory", and "Cannot allocate memory" of a mapped file.
    return known or "allocate memory" in str(error)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"torch: {lines[0]}" if lines else "Python: MemoryError"
