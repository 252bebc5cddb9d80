"""Shares and their uncertainty: pass@k, and intervals by drawing problems again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

DRAWS = 10_000


@dataclass(frozen=True)
class Estimate:
    """A share between 0 and 1 (or a difference of two) with its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrap_mean(values_P: np.ndarray) -> Estimate:
    """Mean of one value per problem, with the 95 % percentile bootstrap interval over problems (fixed seed).

    Differences of two runs on the same problems give a paired interval.
    """
    return bootstrap_ratio(values_P, np.ones(len(values_P)))


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Unbiased estimate of the chance that one of k samples passes (Chen et al. 2021, arXiv 2107.03374, equation 1)."""
    if samples - passed < k:
        return 1.0
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def bootstrap_ratio(sums_P: np.ndarray, counts_P: np.ndarray) -> Estimate:
    """Σ sums / Σ counts over P problems that may count differently, with the same kind of interval."""
    generator = np.random.default_rng(0)
    draws_D = np.empty(DRAWS)
    for start in range(0, DRAWS, 1000):  # in parts: many problems would fill the memory
        chosen_DP = generator.integers(len(sums_P), size=(1000, len(sums_P)))
        draws_D[start : start + 1000] = sums_P[chosen_DP].sum(axis=1) / counts_P[chosen_DP].sum(axis=1)
    low, high = np.quantile(draws_D, [0.025, 0.975])
    return Estimate(float(sums_P.sum() / counts_P.sum()), float(low), float(high))
