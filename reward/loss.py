"""The Bradley–Terry loss of preference pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from reward.schema import Pair, PairsError
from reward.train_settings import LossConfig


def pair_losses(
    settings: LossConfig, chosen_M: Tensor, rejected_M: Tensor, weights_M: Tensor, margins_M: Tensor | None
) -> Tensor:
    """Loss (M,) of each pair; their mean over a batch is the batch's loss.

    Weight × −log σ(chosen − rejected), with the margin where the settings ask for it, plus the centring term
    c (chosen + rejected)² as TRL's RewardTrainer has it.
    """
    difference_M = chosen_M - rejected_M
    if settings.margin == "subtract" and margins_M is not None:
        difference_M = difference_M - margins_M
    losses_M = -logsigmoid(difference_M)
    if settings.margin == "scale" and margins_M is not None:
        losses_M = margins_M * losses_M
    return weights_M * losses_M + settings.centring * (chosen_M + rejected_M) ** 2


def pair_weights(settings: LossConfig, pairs: Sequence[Pair]) -> np.ndarray:
    """Weight (M,) of each pair in the training set; their mean is 1.

    With `weighting: problem`, a pair of a problem whose pairs name n different programs weighs 1/(n(n−1)), as in
    AceCoder's equation 1 (arXiv 2502.01718).
    """
    if settings.weighting == "pair":
        return np.ones(len(pairs))
    programs: dict[str, set[str]] = {}
    for pair in pairs:
        programs.setdefault(problem_of(pair), set()).update((pair.chosen, pair.rejected))
    counts_M = np.array([len(programs[problem_of(pair)]) for pair in pairs], dtype=float)
    weights_M = 1 / (counts_M * (counts_M - 1))
    return weights_M / weights_M.mean()


def pair_margins(settings: LossConfig, pairs: Sequence[Pair]) -> Tensor | None:
    """Differences of pass rates (M,), where the loss uses them. Raises PairsError naming a pair without them."""
    if settings.margin == "none":
        return None
    for pair in pairs:
        if pair.margin is None:
            raise PairsError(
                f"pair {pair.id} has no pass rates, which loss.margin={settings.margin} needs; use pairs with "
                "chosen_pass_rate and rejected_pass_rate, or loss.margin=none"
            )
    return torch.tensor([pair.margin for pair in pairs])


def problem_of(pair: Pair) -> str:
    """What tells problems apart: the problem's id, or, in rows of AceCodePair-300K, the text of the question."""
    return pair.problem_id or pair.user_text
