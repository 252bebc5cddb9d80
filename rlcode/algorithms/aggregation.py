"""Aggregations: how per-token terms become one loss.

Each returns weights_N, the weight of every token of a sample, computed from the counts of the WHOLE batch. The loss of
a micro-batch is the weighted sum of its terms, so adding up micro-batches, in any order and on any number of ranks,
gives the loss of the batch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchTotals:
    """Counts over the whole batch of one optimiser update: all micro-batches, all ranks, valid samples only."""

    tokens: int
    sequences: int


def batch_totals(lengths_N: Tensor, mask_N: Tensor | None = None) -> BatchTotals:
    """Counts the valid samples (all, without a mask) and their completion tokens."""
    valid_lengths = lengths_N if mask_N is None else lengths_N[mask_N.bool()]
    return BatchTotals(tokens=int(valid_lengths.sum()), sequences=len(valid_lengths))


def token_mean(lengths_N: Tensor, totals: BatchTotals) -> Tensor:
    """Every token weighs the same, so long completions weigh more. DAPO, arXiv 2503.14476, section 3.3."""
    return torch.full_like(lengths_N, 1 / totals.tokens, dtype=torch.float64)


def sequence_mean(lengths_N: Tensor, totals: BatchTotals) -> Tensor:
    """Every completion weighs the same: mean over its tokens, then over samples. GRPO, arXiv 2402.03300, equation 3."""
    return 1 / (lengths_N.clamp(min=1).double() * totals.sequences)


def fixed_length(lengths_N: Tensor, totals: BatchTotals, *, fixed_length_tokens: int) -> Tensor:
    """Sum over tokens divided by a constant length, then mean over samples. Dr. GRPO, arXiv 2503.20783, section 3.2."""
    return torch.full_like(lengths_N, 1 / (fixed_length_tokens * totals.sequences), dtype=torch.float64)
