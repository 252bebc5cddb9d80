"""Importance correction between the engine that sampled and the trainer that learns.

The engine's probabilities differ from the trainer's: other kernels, other precision, older weights. Each policy term is
multiplied by a constant weight made from the ratio trainer / engine, where trainer means the old policy: the one before
the updates of this batch. Every correction takes old_logprobs_T, engine_logprobs_T and lengths_N and returns weights
(T,). `correction_level` "token" corrects each token by its own ratio, "sequence" every token by the completion's ratio.
"""

import torch
from torch import Tensor

from rlcode.algorithms.layout import bounded_exp, sum_per_sample, to_tokens


def no_correction(old_logprobs_T: Tensor, engine_logprobs_T: Tensor, lengths_N: Tensor) -> Tensor:
    """Weight 1: engine and trainer are taken to agree."""
    return torch.ones_like(old_logprobs_T)


def truncated(
    old_logprobs_T: Tensor,
    engine_logprobs_T: Tensor,
    lengths_N: Tensor,
    *,
    correction_level: str = "token",
    correction_high: float = 2.0,
) -> Tensor:
    """min(ratio, high): truncated importance sampling. Yao et al. 2025, fengyao.notion.site/off-policy-rl."""
    return engine_ratio(old_logprobs_T, engine_logprobs_T, lengths_N, correction_level).clamp(max=correction_high)


def masked(
    old_logprobs_T: Tensor,
    engine_logprobs_T: Tensor,
    lengths_N: Tensor,
    *,
    correction_level: str = "token",
    correction_low: float = 0.5,
    correction_high: float = 5.0,
) -> Tensor:
    """The ratio where low <= ratio <= high, else 0: masked importance sampling. IcePop, arXiv 2510.18855."""
    ratio_T = engine_ratio(old_logprobs_T, engine_logprobs_T, lengths_N, correction_level)
    return torch.where((ratio_T >= correction_low) & (ratio_T <= correction_high), ratio_T, 0.0)


def engine_ratio(old_logprobs_T: Tensor, engine_logprobs_T: Tensor, lengths_N: Tensor, level: str = "token") -> Tensor:
    """Probability ratio trainer / engine, (T,): of each token, or of the whole completion repeated over its tokens."""
    log_ratio_T = old_logprobs_T - engine_logprobs_T
    if level == "sequence":
        log_ratio_T = to_tokens(sum_per_sample(log_ratio_T, lengths_N), lengths_N)
    return bounded_exp(log_ratio_T)
