"""Advantages: how much better each sample was than its baseline.

Every function takes a `RewardBatch` of valid samples and returns advantages_T, one per token. Keyword-only parameters
are the algorithm's settings. All are computed once, over the whole batch, before it is cut into micro-batches.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rlcode.algorithms.layout import sum_per_group, sum_per_sample, to_tokens


@dataclass(frozen=True)
class RewardBatch:
    """What an advantage function sees: valid samples only, in the packed layout."""

    rewards_N: Tensor  # one reward per completion
    group_N: Tensor  # int64; samples of the same prompt share a value (any values)
    lengths_N: Tensor  # int64; completion tokens per sample
    penalty_T: Tensor  # coefficient times KL estimate per token; zeros when the KL is not in the reward

    def sequence_rewards(self) -> Tensor:
        """Reward less the completion's whole KL penalty, (N,): the reward when a completion counts as one action."""
        return self.rewards_N - sum_per_sample(self.penalty_T, self.lengths_N)


@dataclass(frozen=True)
class GroupStatistics:
    """Statistics of each sample's group, every field (N,)."""

    centred_N: Tensor  # value less the group's mean; exactly 0 where all values of the group are equal
    std_N: Tensor  # sample standard deviation (n - 1); 0 in a group of one
    size_N: Tensor  # samples in the group


def group_statistics(values_N: Tensor, group_N: Tensor) -> GroupStatistics:
    """Mean-centred values, standard deviation and size of each sample's group. Inputs (N,), any group ids."""
    ids, index_N = torch.unique(group_N, return_inverse=True)
    size_G = torch.bincount(index_N, minlength=len(ids)).to(values_N.dtype)
    mean_G = sum_per_group(values_N, index_N, len(ids)) / size_G
    low_G = values_N.new_zeros(len(ids)).scatter_reduce(0, index_N, values_N, "amin", include_self=False)
    high_G = values_N.new_zeros(len(ids)).scatter_reduce(0, index_N, values_N, "amax", include_self=False)
    # Rounding in the mean would leave tiny advantages where there is nothing to learn, and Adam would scale them up.
    centred_N = torch.where((low_G == high_G)[index_N], 0.0, values_N - mean_G[index_N])
    variance_G = sum_per_group(centred_N**2, index_N, len(ids)) / (size_G - 1).clamp(min=1)
    return GroupStatistics(centred_N, variance_G.sqrt()[index_N], size_G[index_N])


def grpo(batch: RewardBatch, *, advantage_epsilon: float = 1e-4) -> Tensor:
    """(r - mean) / (std + epsilon) within the group. GRPO, arXiv 2402.03300, outcome supervision (section 4.1.2)."""
    group = group_statistics(batch.sequence_rewards(), batch.group_N)
    return to_tokens(group.centred_N / (group.std_N + advantage_epsilon), batch.lengths_N)


def dr_grpo(batch: RewardBatch) -> Tensor:
    """r - mean within the group, not divided by the std. Dr. GRPO, arXiv 2503.20783, section 3.2."""
    return to_tokens(group_statistics(batch.sequence_rewards(), batch.group_N).centred_N, batch.lengths_N)


def rloo(batch: RewardBatch) -> Tensor:
    """r less the mean of the group's other samples, n/(n-1) (r - mean). RLOO, arXiv 2402.14740."""
    group = group_statistics(batch.sequence_rewards(), batch.group_N)
    return to_tokens(group.centred_N * group.size_N / (group.size_N - 1).clamp(min=1), batch.lengths_N)


def reinforce_pp(batch: RewardBatch, *, gamma: float = 1.0, advantage_epsilon: float = 1e-8) -> Tensor:
    """Discounted returns to go, whitened over every token of the batch. REINFORCE++, arXiv 2501.03262.

    As AceCoder's trainer (OpenRLHF) codes it: each token is charged its own KL penalty, the last token also earns the
    reward. `advantage_epsilon` is the least variance the whitening divides by.
    """
    returns_T = discounted_returns(batch.rewards_N, batch.penalty_T, batch.lengths_N, gamma)
    return whiten(returns_T, advantage_epsilon)


def reinforce_pp_baseline(batch: RewardBatch, *, gamma: float = 1.0, advantage_epsilon: float = 1e-8) -> Tensor:
    """REINFORCE++ on rewards less their group's mean. arXiv 2501.03262, "REINFORCE++ w/ Baseline"."""
    centred_N = group_statistics(batch.rewards_N, batch.group_N).centred_N
    returns_T = discounted_returns(centred_N, batch.penalty_T, batch.lengths_N, gamma)
    return whiten(returns_T, advantage_epsilon)


def discounted_returns(rewards_N: Tensor, penalty_T: Tensor, lengths_N: Tensor, gamma: float) -> Tensor:
    """Returns to go (T,): sum over u >= t of gamma^(u-t) r_u; r_u is -penalty_u, plus the reward at the last token."""
    if len(penalty_T) == 0:
        return penalty_T
    # Reversed, every last token stands in the first column, so one sweep serves all samples.
    pieces = [piece.flip(0) for piece in torch.split(-penalty_T, lengths_N.tolist())]
    reversed_NL = pad_sequence(pieces, batch_first=True)
    has_tokens_N = lengths_N > 0
    reversed_NL[has_tokens_N, 0] += rewards_N[has_tokens_N]
    running_N = torch.zeros_like(rewards_N)
    for column in range(reversed_NL.shape[1]):
        running_N = reversed_NL[:, column] + gamma * running_N
        reversed_NL[:, column] = running_N
    return torch.cat([row[:length].flip(0) for row, length in zip(reversed_NL, lengths_N.tolist(), strict=True)])


def whiten(values_T: Tensor, least_variance: float) -> Tensor:
    """(x - mean) / sqrt(max(variance, least_variance)) over all values, population variance; shape kept.

    Exactly 0 where all values are equal, as in `group_statistics`.
    """
    if not len(values_T) or values_T.min() == values_T.max():
        return torch.zeros_like(values_T)
    centred_T = values_T - values_T.mean()
    return centred_T * (centred_T**2).mean().clamp(min=least_variance).rsqrt()
