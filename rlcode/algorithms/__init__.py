"""The mathematics of policy optimisation: pure tensor functions, no I/O, no actors.

Layout. A batch is N samples. Per-token tensors are flat over completion tokens (T,), in sample order; `lengths_N`
(int64) says how many tokens each sample has. Names carry shapes: rewards_N, logprobs_T.

Choose the algorithm. Raises ValueError naming a setting that is unknown, out of range, missing or of another algorithm:

    settings = AlgorithmSettings(**PRESETS["kodcode-grpo"])
    settings.needs_reference, settings.kl_in_reward, settings.correction, settings.equal_groups
    controller = settings.make_kl_controller()  # .coefficient, .update(kl, samples), .state_dict(), .load_state_dict()

Once per batch of rollouts:

    keep_N = learnable_samples(rewards_N, group_N, mask_N)  # DAPO's filter, when equal_groups is "drop" or "resample"
    result = compute_advantages(settings, rewards_N, group_N, lengths_N, mask_N=..., logprobs_T=...,
                                ref_logprobs_T=..., kl_coefficient=controller.coefficient)
    result.advantages_T, result.has_signal

Once per optimiser update, then for each micro-batch of whole samples:

    totals = batch_totals(lengths_N, mask_N)  # of ALL samples of this update, on all ranks
    batch = MicroBatch(lengths_N, logprobs_T, advantages_T, mask_N=..., old_logprobs_T=..., engine_logprobs_T=...,
                       ref_logprobs_T=..., entropy_T=...)
    loss, metrics = policy_objective(settings, batch, totals, kl_coefficient=controller.coefficient)
    loss.backward()
    merge(all_metrics).values()  # dict[str, float] of the whole update; metrics are plain numbers and can be pickled

Micro-batch losses add up to the loss of the batch whatever the split; a trainer that averages gradients over R ranks
multiplies each loss by R. old_logprobs_T=None means no update has happened since the rollout (one update per batch).

Registry: ADVANTAGES, LOSSES, RATIOS, AGGREGATIONS, KL_ESTIMATORS, KL_CONTROLLERS, KL_PLACEMENTS, CORRECTIONS,
CORRECTION_LEVELS, REWARD_SHAPINGS and EQUAL_GROUPS list the valid names. settings_of("loss", "ppo") says which settings
belong to an algorithm, owners_of("gamma") which algorithms a setting belongs to. PRESETS holds AlgorithmSettings values
of published recipes, PRESET_RUNS what their sources say about the rest of the run.
"""

from rlcode.algorithms.aggregation import BatchTotals, batch_totals
from rlcode.algorithms.kl import AdaptiveKLController, FixedKLController, KLController
from rlcode.algorithms.metrics import PolicyMetrics, merge
from rlcode.algorithms.objective import Advantages, MicroBatch, compute_advantages, policy_objective
from rlcode.algorithms.presets import PRESET_RUNS, PRESETS
from rlcode.algorithms.settings import (
    CHOICES,
    CONDITIONAL_SETTINGS,
    WORDS,
    AlgorithmSettings,
    owners_of,
    settings_of,
)
from rlcode.algorithms.shaping import learnable_samples

ADVANTAGES = tuple(CHOICES["advantage"])
LOSSES = tuple(CHOICES["loss"])
RATIOS = tuple(CHOICES["ratio"])
AGGREGATIONS = tuple(CHOICES["aggregation"])
KL_ESTIMATORS = tuple(CHOICES["kl_estimator"])
KL_CONTROLLERS = tuple(CHOICES["kl_controller"])
KL_PLACEMENTS = WORDS["kl_placement"]
CORRECTIONS = tuple(CHOICES["correction"])
CORRECTION_LEVELS = WORDS["correction_level"]
REWARD_SHAPINGS = tuple(CHOICES["reward_shaping"])
EQUAL_GROUPS = WORDS["equal_groups"]

__all__ = [
    "ADVANTAGES",
    "AGGREGATIONS",
    "CONDITIONAL_SETTINGS",
    "CORRECTIONS",
    "CORRECTION_LEVELS",
    "EQUAL_GROUPS",
    "KL_CONTROLLERS",
    "KL_ESTIMATORS",
    "KL_PLACEMENTS",
    "LOSSES",
    "PRESETS",
    "PRESET_RUNS",
    "RATIOS",
    "REWARD_SHAPINGS",
    "AdaptiveKLController",
    "Advantages",
    "AlgorithmSettings",
    "BatchTotals",
    "FixedKLController",
    "KLController",
    "MicroBatch",
    "PolicyMetrics",
    "batch_totals",
    "compute_advantages",
    "learnable_samples",
    "merge",
    "owners_of",
    "policy_objective",
    "settings_of",
]
