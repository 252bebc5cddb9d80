"""Before against after on the same problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reward.statistics import Estimate, bootstrap_mean


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
        difference=bootstrap_mean(np.array([change.after - change.before for change in changes])),
        problems=changes,
    )


def estimate(row: Mapping[str, Any]) -> Estimate:
    """pass@1 of one evaluation with its interval."""
    return Estimate(row["pass@1"], row["ci_low"], row["ci_high"])


def solve_rates(row: Mapping[str, Any]) -> dict[str, float]:
    """Share of samples that passed, for every problem that has samples."""
    counts = row["problems"].items()
    return {problem_id: count["passed"] / count["samples"] for problem_id, count in counts if count["samples"]}
