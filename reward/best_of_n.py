"""Best of n: what choosing among n programs by a score is worth, beside greedy decoding, chance and an oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reward.statistics import Estimate, bootstrap_mean, pass_at_k


@dataclass(frozen=True)
class ScoredProblem:
    """The judged programs of one problem: their scores (-inf for one that cannot be scored) and whether they pass."""

    problem_id: str
    scores_M: np.ndarray
    passed_M: np.ndarray
    greedy: bool | None = None  # whether the greedy program passes


@dataclass(frozen=True)
class BestOfN:
    """Share of problems solved by each way of answering, for one n, with 95 % intervals over problems.

    The gains are differences on the same problems, so their intervals are narrower than those of the two shares.
    """

    n: int
    problems: int
    greedy: Estimate | None
    average: Estimate
    reward_model: Estimate
    oracle: Estimate
    gain_over_greedy: Estimate | None
    gain_over_average: Estimate


def expected_best(scores_M: np.ndarray, values_M: np.ndarray, n: int) -> float:
    """Expected value of the sample with the highest score among n of the M, drawn without replacement.

    Exact: the sample of rank r (0 is the best) is the best of C(M-1-r, n-1) of the C(M, n) draws. Among equal scores
    each is as likely to be taken, so each stands for their mean value.
    """
    samples = len(scores_M)
    if not 1 <= n <= samples:
        raise ValueError(f"the best of {n} needs at least {n} samples, there are {samples}")
    _, groups_M = np.unique(-scores_M, return_inverse=True)  # ascending, so that group 0 has the highest score
    means = np.bincount(groups_M, values_M) / np.bincount(groups_M)
    ranked_M = means[np.sort(groups_M)]
    weight, best = n / samples, 0.0
    for rank in range(samples - n + 1):
        best += weight * float(ranked_M[rank])
        weight *= (samples - n - rank) / max(samples - 1 - rank, 1)
    return best


def best_of_n(problems: Sequence[ScoredProblem], n: int) -> BestOfN:
    """The table's row for n. Greedy is left out unless every problem has a greedy program."""
    chosen_P = np.array([expected_best(item.scores_M, item.passed_M, n) for item in problems])
    average_P = np.array([float(np.mean(item.passed_M)) for item in problems])
    oracle_P = np.array([pass_at_k(len(item.passed_M), int(np.sum(item.passed_M)), n) for item in problems])
    greedy_P = None
    if all(item.greedy is not None for item in problems):
        greedy_P = np.array([float(item.greedy or 0) for item in problems])
    return BestOfN(
        n,
        len(problems),
        None if greedy_P is None else bootstrap_mean(greedy_P),
        bootstrap_mean(average_P),
        bootstrap_mean(chosen_P),
        bootstrap_mean(oracle_P),
        None if greedy_P is None else bootstrap_mean(chosen_P - greedy_P),
        bootstrap_mean(chosen_P - average_P),
    )


def best_of_ns(problems: Sequence[ScoredProblem], ns: Sequence[int]) -> list[BestOfN]:
    """One row for each n; those above the samples of the problem with the fewest become that number."""
    fewest = min(len(item.passed_M) for item in problems)
    return [best_of_n(problems, n) for n in sorted({min(n, fewest) for n in ns})]
