"""How good a model is: pass@k on problems, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reward.statistics import bootstrap_mean, pass_at_k
from rlcode.cluster import Workers
from rlcode.collect import Judged, collect
from rlcode.config import EvaluationSet
from rlcode.data import Prompt
from rlcode.engines import SamplingSettings
from rlcode.step_log import RunStopped


@dataclass(frozen=True)
class Evaluation:
    """One benchmark: passes per problem, and pass@k with 95 % intervals."""

    problems: dict[str, dict[str, int]]  # id -> passed, samples; samples that could not be judged are in neither
    pass_at: dict[int, float]
    interval: dict[int, tuple[float, float]]
    infra_errors: int

    def to_dict(self) -> dict[str, Any]:
        """The row for the run folder; see Tracker.log_evaluation."""
        row: dict[str, Any] = {f"pass@{k}": value for k, value in self.pass_at.items()}
        row |= {f"ci@{k}": list(bounds) for k, bounds in self.interval.items() if k > 1}
        low, high = self.interval[1]
        return {**row, "ci_low": low, "ci_high": high, "infra_errors": self.infra_errors, "problems": self.problems}


def evaluate(
    workers: Workers,
    prompts: list[Prompt],
    settings: EvaluationSet,
    stop: list[str],
    seed: int,
    on_written: Callable[[int], None] = lambda count: None,
) -> tuple[Evaluation, list[Judged]]:
    """Sample, judge and count. Raises RunStopped when no program at all could be judged."""
    sampling = SamplingSettings(
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_new_tokens=settings.max_new_tokens,
        stop=tuple(stop),
        seed=seed,
    )
    collected = collect(workers, prompts, settings.samples, sampling, on_written)
    counts = {prompt.problem.id: {"passed": 0, "samples": 0} for prompt in prompts}
    for item in collected.judged:
        if item.verdict.outcome != "infra_error":
            counts[item.rollout.problem_id]["samples"] += 1
            counts[item.rollout.problem_id]["passed"] += item.verdict.passed
    return summarise(counts, collected.infra_errors), collected.judged


def summarise(counts: dict[str, dict[str, int]], infra_errors: int = 0) -> Evaluation:
    """pass@1 and pass@k for every power of two up to the samples a problem has; problems count alike.

    Intervals are 95 % percentile bootstrap over problems, with a fixed seed.
    """
    judged = [(row["samples"], row["passed"]) for row in counts.values() if row["samples"]]
    if not judged:
        raise RunStopped("no program could be judged: the judge failed on every one of them")
    fewest = min(samples for samples, _ in judged)
    pass_at, interval = {}, {}
    for k in (2**power for power in range(int(math.log2(fewest)) + 1)):
        estimate = bootstrap_mean(np.array([pass_at_k(samples, passed, k) for samples, passed in judged]))
        pass_at[k], interval[k] = estimate.value, (estimate.low, estimate.high)
    return Evaluation(counts, pass_at, interval, infra_errors)
