"""From judged samples to one policy update: which samples to learn from, their advantages, and the numbers to log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from rlcode.algorithms import AlgorithmSettings, KLController, compute_advantages, learnable_samples
from rlcode.data import Sample
from rlcode.policy.packing import TrainSample
from rlcode.workers.policy import PolicyGroup


@dataclass(frozen=True)
class Learned:
    """What an update did. `advantages` has one mean per sample, None for samples that were not trained on."""

    metrics: dict[str, float]
    advantages: list[float | None]
    updated: bool


def learn(
    policy: PolicyGroup,
    samples: Sequence[Sample],
    settings: AlgorithmSettings,
    controller: KLController,
    updates: int,
    dump: Path,
) -> Learned:
    """Train on the samples of one step. Samples without a reward are left out; so are, if the settings say so, groups
    whose rewards are all equal. Without anything to learn from (no advantage and no entropy bonus) the policy stays as
    it is; a KL alone is no reason for an update.
    """
    rewards_N, group_N, mask_N = reward_tensors(samples)
    learnable_N = learnable_samples(rewards_N, group_N, mask_N)
    chosen_N = mask_N if settings.equal_groups == "keep" else learnable_N
    groups = group_N.unique().numel()
    metrics = {
        "groups/equal": float(groups - group_N[learnable_N].unique().numel()),
        "groups/dropped": float(groups - group_N[chosen_N].unique().numel()),
        "policy/skipped": 1.0,
    }
    advantages: list[float | None] = [None] * len(samples)
    chosen = chosen_N.nonzero().flatten().tolist()
    if not chosen:
        return Learned(metrics, advantages, updated=False)

    batch = [_train_sample(samples[index]) for index in chosen]
    if settings.needs_reference:
        reference = policy.logprobs(batch, reference=True)
        batch = [replace(sample, ref_logprobs=values) for sample, values in zip(batch, reference, strict=True)]
    batch, advantage_metrics, has_signal = _with_advantages(
        policy, batch, rewards_N[chosen_N], group_N[chosen_N], settings, controller
    )
    entropy_teaches = settings.entropy_coefficient > 0
    if not (has_signal or entropy_teaches):
        return Learned(metrics, advantages, updated=False)
    update = policy.update(batch, updates, controller.coefficient, dump, entropy_teaches)
    for index, sample in zip(chosen, batch, strict=True):
        advantages[index] = float(np.mean(sample.advantages))  # type: ignore[arg-type]
    metrics |= advantage_metrics | _rename(update.metrics)
    metrics |= {
        "policy/skipped": update.skipped,
        "policy/grad_norm": update.grad_norm,
        "policy/learning_rate": update.learning_rate,
    }
    metrics["tokens/trained"] = float(sum(len(sample.completion_ids) for sample in batch))
    if "kl/mean" in metrics:
        controller.update(metrics["kl/mean"], len(batch))
        metrics["kl/coefficient"] = controller.coefficient
    return Learned(metrics, advantages, updated=True)


def _with_advantages(
    policy: PolicyGroup,
    batch: list[TrainSample],
    rewards_N: torch.Tensor,
    group_N: torch.Tensor,
    settings: AlgorithmSettings,
    controller: KLController,
) -> tuple[list[TrainSample], dict[str, float], bool]:
    lengths_N = torch.tensor([len(sample.completion_ids) for sample in batch])
    logprobs_T = ref_logprobs_T = None
    if settings.kl_in_reward:
        batch = [replace(s, old_logprobs=values) for s, values in zip(batch, policy.logprobs(batch), strict=True)]
        logprobs_T = torch.from_numpy(np.concatenate([sample.old_logprobs for sample in batch]))
        ref_logprobs_T = torch.from_numpy(np.concatenate([sample.ref_logprobs for sample in batch]))
    result = compute_advantages(
        settings,
        rewards_N,
        group_N,
        lengths_N,
        logprobs_T=logprobs_T,
        ref_logprobs_T=ref_logprobs_T,
        kl_coefficient=controller.coefficient,
    )
    pieces = result.advantages_T.split(lengths_N.tolist())
    metrics = {"advantage/std": float(result.advantages_T.std(correction=0))}
    batch = [replace(s, advantages=piece.numpy()) for s, piece in zip(batch, pieces, strict=True)]
    return batch, metrics, result.has_signal


def reward_tensors(samples: Sequence[Sample]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rewards (N,), float32, NaN where there is no verdict; groups (N,); and a mask (N,) of those with a reward."""
    rewards_N = torch.tensor([float("nan") if sample.reward is None else sample.reward for sample in samples])
    group_N = torch.tensor([sample.rollout.group for sample in samples])
    return rewards_N, group_N, ~rewards_N.isnan()


def _train_sample(sample: Sample) -> TrainSample:
    rollout = sample.rollout
    return TrainSample(rollout.prompt_ids, rollout.completion_ids, np.array(rollout.logprobs, dtype=np.float32))


def _rename(metrics: dict[str, float]) -> dict[str, float]:
    """The algorithms' metric names, sorted into the log's sections."""
    names = {
        "kl": "kl/mean",
        "entropy": "entropy",
        "logprob_gap_mean": "logprob_gap/mean",
        "logprob_gap_max": "logprob_gap/max",
        "engine_ratio_mean": "logprob_gap/ratio_mean",
    }
    return {names.get(name, f"policy/{name}"): value for name, value in metrics.items()}
