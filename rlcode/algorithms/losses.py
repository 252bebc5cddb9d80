"""Policy losses and the probability ratios they are built on.

A loss takes log_ratio_T (new policy / old policy, from one of the ratio functions), logprobs_T and advantages_T, all
(T,), and returns `PolicyTerms`: what each token adds to the loss before aggregation. Keyword-only parameters are its
settings.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from rlcode.algorithms.layout import sum_per_sample, to_tokens


@dataclass(frozen=True)
class PolicyTerms:
    """Per-token loss terms, all (T,)."""

    terms_T: Tensor
    clipped_low_T: Tensor  # bool: the lower limit took this token's gradient away or changed its weight
    clipped_high_T: Tensor  # bool: the same for an upper limit


def token_ratio(log_ratio_T: Tensor, lengths_N: Tensor) -> Tensor:
    """One ratio per token, as in PPO and GRPO."""
    return log_ratio_T


def sequence_ratio(log_ratio_T: Tensor, lengths_N: Tensor) -> Tensor:
    """Geometric mean of a completion's token ratios, repeated over its tokens. GSPO, arXiv 2507.18071, equation 7."""
    mean_N = sum_per_sample(log_ratio_T, lengths_N) / lengths_N.clamp(min=1)
    return to_tokens(mean_N, lengths_N)


def sequence_product_ratio(log_ratio_T: Tensor, lengths_N: Tensor) -> Tensor:
    """Ratio of whole completions' probabilities, repeated over their tokens: a completion is one action, as in RLOO."""
    return to_tokens(sum_per_sample(log_ratio_T, lengths_N), lengths_N)


def ppo(
    log_ratio_T: Tensor,
    logprobs_T: Tensor,
    advantages_T: Tensor,
    *,
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    dual_clip: float | None = None,
) -> PolicyTerms:
    """-min(r A, clip(r, 1 - clip_low, 1 + clip_high) A). PPO, arXiv 1707.06347, equation 7.

    clip_high > clip_low is DAPO's clip-higher (arXiv 2503.14476, section 3.1). `dual_clip` c > 1 bounds the term of a
    negative advantage at -c A (arXiv 1912.09729).
    """
    ratio_T = log_ratio_T.exp()
    surrogate_T = torch.min(ratio_T * advantages_T, ratio_T.clamp(1 - clip_low, 1 + clip_high) * advantages_T)
    clipped_low_T = (ratio_T < 1 - clip_low) & (advantages_T < 0)
    clipped_high_T = (ratio_T > 1 + clip_high) & (advantages_T > 0)
    if dual_clip is not None:
        negative_T = advantages_T < 0
        surrogate_T = torch.where(negative_T, torch.max(surrogate_T, dual_clip * advantages_T), surrogate_T)
        clipped_high_T = clipped_high_T | (negative_T & (ratio_T > dual_clip))
    return PolicyTerms(-surrogate_T, clipped_low_T, clipped_high_T)


def cispo(
    log_ratio_T: Tensor,
    logprobs_T: Tensor,
    advantages_T: Tensor,
    *,
    clip_low: float = 1.0,
    clip_high: float = 4.0,
) -> PolicyTerms:
    """-stop_gradient(clip(r, 1 - clip_low, 1 + clip_high)) A log p. CISPO, arXiv 2506.13585, equations 4 and 5.

    Clips the weight and never drops a token. The paper sets no lower limit: clip_low = 1 is none.
    """
    ratio_T = log_ratio_T.detach().exp()
    weight_T = ratio_T.clamp(1 - clip_low, 1 + clip_high)
    return PolicyTerms(-weight_T * advantages_T * logprobs_T, ratio_T < 1 - clip_low, ratio_T > 1 + clip_high)
