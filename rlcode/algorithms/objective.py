"""The two functions a trainer calls: `compute_advantages` on a whole batch, `policy_objective` on each micro-batch."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rlcode.algorithms.advantages import RewardBatch
from rlcode.algorithms.aggregation import BatchTotals
from rlcode.algorithms.correction import engine_ratio
from rlcode.algorithms.kl import k3
from rlcode.algorithms.layout import MAX_LOG_RATIO, bounded_exp, check_tokens, to_tokens
from rlcode.algorithms.losses import PolicyTerms
from rlcode.algorithms.metrics import PolicyMetrics
from rlcode.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class Advantages:
    """Advantages of a batch."""

    advantages_T: Tensor  # 0 on the tokens of masked samples
    has_signal: bool
    """False when the rewards alone give no advantage: all that is left then is a KL, which at the beginning is rounding
    (and which REINFORCE++ would whiten, and Adam scale, to the size of a signal)."""


@torch.no_grad()
def compute_advantages(
    settings: AlgorithmSettings,
    rewards_N: Tensor,
    group_N: Tensor,
    lengths_N: Tensor,
    *,
    mask_N: Tensor | None = None,
    logprobs_T: Tensor | None = None,
    ref_logprobs_T: Tensor | None = None,
    kl_coefficient: float | None = None,
) -> Advantages:
    """Turns the rewards of a whole batch into one advantage per completion token.

    rewards_N (N,) float, any value (NaN too) for masked samples; group_N (N,) int64, equal for samples of one prompt;
    lengths_N (N,) int64 completion tokens; mask_N (N,) bool, False for samples without a verdict, which count nowhere.
    logprobs_T and ref_logprobs_T are needed when the KL is in the reward: the policy's before the update, and the
    reference's. `kl_coefficient` is the controller's current value; by default the settings'.

    Raises ValueError on wrong shapes, on a valid reward that is not finite, and on missing log-probabilities.
    """
    valid_N = torch.ones_like(lengths_N, dtype=torch.bool) if mask_N is None else mask_N.bool()
    _check_rewards(rewards_N, group_N, valid_N, lengths_N)
    valid_T = to_tokens(valid_N, lengths_N)
    lengths_V, rewards_V = lengths_N[valid_N], rewards_N[valid_N].double()  # float64: no rounding noise in statistics
    if settings.reward_clip is not None:
        rewards_V = rewards_V.clamp(-settings.reward_clip, settings.reward_clip)
    rewards_V = settings.chosen("reward_shaping")(rewards_V, lengths_V)
    penalty_V = torch.zeros_like(valid_T[valid_T], dtype=torch.float64)
    if settings.kl_in_reward:
        policy_T, reference_T = _require_kl_inputs(logprobs_T, ref_logprobs_T, lengths_N)
        estimates_V = settings.chosen("kl_estimator")(policy_T[valid_T].double(), reference_T[valid_T].double())
        penalty_V = estimates_V * (settings.kl_coefficient if kl_coefficient is None else kl_coefficient)

    dtype = rewards_N.dtype if rewards_N.is_floating_point() else torch.float32
    advantages_T, has_signal = torch.zeros_like(valid_T, dtype=dtype), False
    if len(lengths_V):
        batch = RewardBatch(rewards_V, group_N[valid_N], lengths_V, penalty_V)
        advantages_T[valid_T] = settings.chosen("advantage")(batch).to(dtype)
        of_rewards_V = advantages_T[valid_T]
        if settings.kl_in_reward:
            of_rewards_V = settings.chosen("advantage")(replace(batch, penalty_T=torch.zeros_like(penalty_V)))
        has_signal = bool((of_rewards_V != 0).any())
    return Advantages(advantages_T, has_signal)


@dataclass(frozen=True)
class MicroBatch:
    """Whole samples of one forward pass, packed: every per-token tensor is flat (T,), T = lengths_N.sum()."""

    lengths_N: Tensor  # int64, completion tokens per sample
    logprobs_T: Tensor  # the policy's, with gradient
    advantages_T: Tensor
    mask_N: Tensor | None = None  # bool; False takes a sample out of loss and metrics
    old_logprobs_T: Tensor | None = None  # before this batch's updates; None when there was none: equal to logprobs_T
    engine_logprobs_T: Tensor | None = None  # of the engine that sampled; needed for a correction, measured if given
    ref_logprobs_T: Tensor | None = None  # of the reference; needed for a KL in the loss, measured if given
    entropy_T: Tensor | None = None  # of the policy, with gradient; needed for an entropy bonus, measured if given

    def check(self, settings: AlgorithmSettings) -> None:
        """Raises ValueError on a wrong shape, or on a tensor that the settings need and that is missing."""
        users = {
            "engine_logprobs_T": settings.correction != "none" and f"correction: {settings.correction}",
            "ref_logprobs_T": settings.kl_in_loss and f"kl_placement: {settings.kl_placement}",
            "entropy_T": settings.entropy_coefficient > 0 and "an entropy_coefficient above 0",
        }
        for name, values in vars(self).items():
            if values is not None and name.endswith("_T"):
                check_tokens(name, values, self.lengths_N)
            elif values is None and users.get(name):
                raise ValueError(f"{users[name]} needs {name}")


def policy_objective(
    settings: AlgorithmSettings, batch: MicroBatch, totals: BatchTotals, *, kl_coefficient: float | None = None
) -> tuple[Tensor, PolicyMetrics]:
    """Loss (scalar, to call backward on) and metrics of one micro-batch.

    `totals` counts the whole batch of the update, so the losses of its micro-batches, on all ranks, add up to the loss
    of the batch. A trainer that averages gradients over ranks multiplies by the number of ranks.
    `kl_coefficient` is the controller's current value; by default the settings'.

    Raises ValueError on wrong shapes, missing tensors, or totals that count nothing.
    """
    batch.check(settings)
    if totals.tokens < 1 or totals.sequences < 1:
        raise ValueError(f"{totals}: there is nothing to learn from, skip this update")
    valid_N = torch.ones_like(batch.lengths_N, dtype=torch.bool) if batch.mask_N is None else batch.mask_N.bool()
    weights_N = settings.chosen("aggregation")(batch.lengths_N, totals) * valid_N
    weights_T = to_tokens(weights_N, batch.lengths_N).to(batch.logprobs_T.dtype)
    old_T = (batch.logprobs_T if batch.old_logprobs_T is None else batch.old_logprobs_T).detach()

    log_ratio_T = settings.chosen("ratio")(batch.logprobs_T - old_T, batch.lengths_N)
    log_ratio_T = log_ratio_T.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    policy = settings.chosen("loss")(log_ratio_T, batch.logprobs_T, batch.advantages_T)
    correction_T = torch.ones_like(old_T)
    if batch.engine_logprobs_T is not None:
        correction_T = settings.chosen("correction")(old_T, batch.engine_logprobs_T.detach(), batch.lengths_N)

    parts = {"policy_loss": (weights_T * correction_T * policy.terms_T).sum()}
    if settings.kl_in_loss and batch.ref_logprobs_T is not None:
        coefficient = settings.kl_coefficient if kl_coefficient is None else kl_coefficient
        kl_T = settings.chosen("kl_estimator")(batch.logprobs_T, batch.ref_logprobs_T.detach())
        if settings.kl_placement == "weighted-loss":
            kl_T = kl_T * bounded_exp(batch.logprobs_T - old_T)
        parts["kl_loss"] = coefficient * (weights_T * kl_T).sum()
    if settings.entropy_coefficient > 0 and batch.entropy_T is not None:
        parts["entropy_loss"] = -settings.entropy_coefficient * (weights_T * batch.entropy_T).sum()
    loss = torch.stack(list(parts.values())).sum()

    metrics = _measure(settings, batch, to_tokens(valid_N, batch.lengths_N), old_T, log_ratio_T, policy, correction_T)
    metrics.sums = {name: float(part.detach()) for name, part in {"loss": loss, **parts}.items()}
    return loss, metrics


@torch.no_grad()
def _measure(
    settings: AlgorithmSettings,
    batch: MicroBatch,
    valid_T: Tensor,
    old_T: Tensor,
    log_ratio_T: Tensor,
    policy: PolicyTerms,
    correction_T: Tensor,
) -> PolicyMetrics:
    metrics = PolicyMetrics(tokens=int(valid_T.sum()))
    ratio_V = log_ratio_T[valid_T].exp()
    metrics.add_tokens("ratio_mean", ratio_V)
    metrics.add_maximum("ratio_max", ratio_V)
    metrics.add_tokens("approx_kl", k3(old_T, batch.logprobs_T)[valid_T])
    metrics.add_tokens("clip_fraction_low", policy.clipped_low_T[valid_T])
    metrics.add_tokens("clip_fraction_high", policy.clipped_high_T[valid_T])
    if batch.ref_logprobs_T is not None:
        metrics.add_tokens("kl", k3(batch.logprobs_T, batch.ref_logprobs_T)[valid_T])
    if batch.entropy_T is not None:
        metrics.add_tokens("entropy", batch.entropy_T[valid_T])
    if batch.engine_logprobs_T is not None:
        gap_V = (old_T - batch.engine_logprobs_T).abs()[valid_T]
        metrics.add_tokens("logprob_gap_mean", gap_V)
        metrics.add_maximum("logprob_gap_max", gap_V)
        metrics.add_tokens("engine_ratio_mean", engine_ratio(old_T, batch.engine_logprobs_T, batch.lengths_N)[valid_T])
        metrics.add_tokens("correction_weight_mean", correction_T[valid_T])
        metrics.add_tokens("corrected_away_fraction", correction_T[valid_T] == 0)
        if settings.correction != "none":
            level = settings.correction_level or "token"
            ratio_T = engine_ratio(old_T, batch.engine_logprobs_T, batch.lengths_N, level)
            metrics.add_tokens("correction_clip_fraction", (correction_T != ratio_T)[valid_T])
    return metrics


def _check_rewards(rewards_N: Tensor, group_N: Tensor, valid_N: Tensor, lengths_N: Tensor) -> None:
    for name, values in {"rewards_N": rewards_N, "group_N": group_N, "mask_N": valid_N}.items():
        if values.shape != lengths_N.shape:
            raise ValueError(
                f"{name} has shape {tuple(values.shape)}, but lengths_N describes {len(lengths_N)} samples"
            )
    broken = torch.nonzero(valid_N & ~torch.isfinite(rewards_N)).flatten().tolist()
    if broken:
        raise ValueError(f"rewards of samples {broken[:8]} are not finite: mask samples that have no verdict")


def _require_kl_inputs(
    logprobs_T: Tensor | None, ref_logprobs_T: Tensor | None, lengths_N: Tensor
) -> tuple[Tensor, Tensor]:
    if logprobs_T is None or ref_logprobs_T is None:
        raise ValueError("kl_placement: reward needs logprobs_T and ref_logprobs_T to compute advantages")
    check_tokens("logprobs_T", logprobs_T, lengths_N)
    check_tokens("ref_logprobs_T", ref_logprobs_T, lengths_N)
    return logprobs_T, ref_logprobs_T
