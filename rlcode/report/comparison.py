"""Before against after on the same problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Estimate:
    """A share between 0 and 1 (or a difference of two) with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ProblemChange:
    problem_id: str
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """First and last evaluation of one benchmark. Problems are sorted by how much they gained, most first."""

    name: str
    before_step: int
    after_step: int
    before: Estimate
    after: Estimate
    difference: Estimate
    problems: list[ProblemChange]

    def count(self, direction: int) -> int:
        """How many problems got better (1), stayed (0) or got worse (-1)."""
        return sum(int(np.sign(change.after - change.before)) == direction for change in self.problems)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison | None:
    """Compare two rows of evaluations.jsonl over the problems both have; None if they share none."""
    rates_before, rates_after = solve_rates(before), solve_rates(after)
    shared = sorted(rates_before.keys() & rates_after.keys())
    if not shared:
        return None
    changes = [ProblemChange(problem_id, rates_before[problem_id], rates_after[problem_id]) for problem_id in shared]
    changes.sort(key=lambda change: (change.before - change.after, change.problem_id))
    return Comparison(
        name=before["name"],
        before_step=before["step"],
        after_step=after["step"],
        before=estimate(before),
        after=estimate(after),
        difference=_paired_difference(np.array([change.after - change.before for change in changes])),
        problems=changes,
    )


def estimate(row: Mapping[str, Any]) -> Estimate:
    """pass@1 of one evaluation with its interval."""
    return Estimate(row["pass@1"], row["ci_low"], row["ci_high"])


def solve_rates(row: Mapping[str, Any]) -> dict[str, float]:
    """Share of samples that passed, for every problem that has samples."""
    counts = row["problems"].items()
    return {problem_id: count["passed"] / count["samples"] for problem_id, count in counts if count["samples"]}


def _paired_difference(differences_P: np.ndarray) -> Estimate:
    """Mean difference over P problems with a percentile bootstrap interval; problems are what is drawn again."""
    draws = np.random.default_rng(0).integers(len(differences_P), size=(_RESAMPLES, len(differences_P)))
    low, high = np.quantile(differences_P[draws].mean(axis=1), [0.025, 0.975])
    return Estimate(float(differences_P.mean()), float(low), float(high))
