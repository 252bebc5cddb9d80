"""What happens to rewards and groups before advantages: DAPO's overlong punishment and dynamic sampling."""

import torch
from torch import Tensor


def no_shaping(rewards_N: Tensor, lengths_N: Tensor) -> Tensor:
    """Rewards as judged."""
    return rewards_N


def overlong(rewards_N: Tensor, lengths_N: Tensor, *, overlong_max_tokens: int, overlong_buffer_tokens: int) -> Tensor:
    """Adds DAPO's soft overlong punishment, arXiv 2503.14476, equation 13: (N,) to (N,).

    Nothing up to max - buffer tokens, then linearly down to -1 at max tokens, -1 beyond.
    """
    over_N = lengths_N - (overlong_max_tokens - overlong_buffer_tokens)
    return rewards_N - (over_N.to(rewards_N.dtype) / overlong_buffer_tokens).clamp(0.0, 1.0)


def learnable_samples(rewards_N: Tensor, group_N: Tensor, mask_N: Tensor | None = None) -> Tensor:
    """DAPO's dynamic sampling filter (arXiv 2503.14476, section 3.2): bool (N,).

    True for valid samples of groups whose valid rewards are not all equal. `mask_N` is True for valid samples; the
    rewards of the others are ignored and may be NaN.
    """
    valid_N = torch.ones_like(group_N, dtype=torch.bool) if mask_N is None else mask_N.bool()
    ids, index_N = torch.unique(group_N, return_inverse=True)
    rewards_V, index_V = rewards_N[valid_N], index_N[valid_N]
    low_G = rewards_N.new_zeros(len(ids)).scatter_reduce(0, index_V, rewards_V, "amin", include_self=False)
    high_G = rewards_N.new_zeros(len(ids)).scatter_reduce(0, index_V, rewards_V, "amax", include_self=False)
    return valid_N & (low_G < high_G)[index_N]
