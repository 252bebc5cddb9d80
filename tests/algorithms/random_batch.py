"""A random batch in the packed layout, and its rows."""

from dataclasses import dataclass

import torch

SIZES = (3, 2, 4)  # samples per group


@dataclass
class RandomBatch:
    lengths_N: torch.Tensor
    group_N: torch.Tensor
    rewards_N: torch.Tensor
    logprobs_T: torch.Tensor
    old_T: torch.Tensor
    engine_T: torch.Tensor
    ref_T: torch.Tensor
    entropy_T: torch.Tensor


def random_batch(seed: int, dtype: torch.dtype = torch.float64) -> RandomBatch:
    """Nine samples of 1 to 6 tokens in three groups, samples of a group not side by side, policies visibly apart."""
    random = torch.Generator().manual_seed(seed)
    group_N = torch.cat([torch.full((size,), 10 * index + 7) for index, size in enumerate(SIZES)])
    group_N = group_N[torch.randperm(len(group_N), generator=random)]
    lengths_N = torch.randint(1, 7, group_N.shape, generator=random)
    tokens = int(lengths_N.sum())

    def near(values: torch.Tensor, spread: float) -> torch.Tensor:
        return values + spread * torch.randn(tokens, generator=random, dtype=dtype)

    old_T = -3 * torch.rand(tokens, generator=random, dtype=dtype)
    return RandomBatch(
        lengths_N=lengths_N,
        group_N=group_N,
        rewards_N=torch.randn(len(group_N), generator=random, dtype=dtype),
        logprobs_T=near(old_T, 0.4).requires_grad_(),
        old_T=old_T,
        engine_T=near(old_T, 0.5),
        ref_T=near(old_T, 0.4),
        entropy_T=torch.rand(tokens, generator=random, dtype=dtype),
    )


def rows(values_T: torch.Tensor, lengths_N: torch.Tensor) -> list[list[float]]:
    """Flat tokens as one list per sample."""
    return [piece.tolist() for piece in torch.split(values_T.detach(), lengths_N.tolist())]


def scalar_rows(values_T: torch.Tensor, lengths_N: torch.Tensor) -> list[list[torch.Tensor]]:
    """The same, as scalars that still carry gradients."""
    return [list(piece) for piece in torch.split(values_T, lengths_N.tolist())]


def flat(values: list[list[float]]) -> torch.Tensor:
    return torch.tensor([value for row in values for value in row], dtype=torch.float64)
