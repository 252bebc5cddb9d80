"""The packed layout every function of this room shares.

A batch holds N samples. Tensors with one value per completion token are flat: the tokens of sample 0, then those of
sample 1, and so on, without padding. `lengths_N` says how many tokens each sample has, so T = lengths_N.sum().
"""

import torch
from torch import Tensor

MAX_LOG_RATIO = 20.0  # beyond this, a probability ratio says nothing more, and exp() may overflow


def to_tokens(values_N: Tensor, lengths_N: Tensor) -> Tensor:
    """Repeats each sample's value over its tokens: (N,) to (T,). Differentiable."""
    return torch.repeat_interleave(values_N, lengths_N)


def sum_per_sample(values_T: Tensor, lengths_N: Tensor) -> Tensor:
    """Sums each sample's tokens: (T,) to (N,). Differentiable; a sample without tokens gives 0."""
    sample_T = to_tokens(torch.arange(len(lengths_N), device=lengths_N.device), lengths_N)
    return sum_per_group(values_T, sample_T, len(lengths_N))


def sum_per_group(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Sums the values that share an index: (M,) to (groups,). Differentiable."""
    return values.new_zeros(groups).index_add(0, index, values)


def bounded_exp(log_ratio: Tensor) -> Tensor:
    """Probability ratio of a log-ratio held within +-MAX_LOG_RATIO: finite, with finite gradient. Any shape."""
    return log_ratio.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp()


def check_tokens(name: str, values_T: Tensor, lengths_N: Tensor) -> None:
    """Raises ValueError unless `values_T` is flat and has exactly one value per token."""
    tokens = int(lengths_N.sum())
    if values_T.shape != (tokens,):
        raise ValueError(
            f"{name} has shape {tuple(values_T.shape)}, but lengths_N adds up to {tokens} tokens: "
            f"pass one flat value per completion token"
        )
