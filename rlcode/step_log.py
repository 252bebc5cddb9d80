"""What a step writes down about itself, and the two checks that can end a run."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Any

from rlcode.config import GapConfig
from rlcode.data import Prompt, Sample
from rlcode.experience import Experience
from rlcode.learning import Learned
from rlcode.tracking import Tracker
from sandbox import Verdict


class RunStopped(RuntimeError):
    """The run ended itself because going on would do harm; the message says why and what to look at."""


def check_judge(samples: Sequence[Sample], largest_share: float) -> None:
    """Raises RunStopped when too many programs could not be judged."""
    check_verdicts([sample.verdict for sample in samples], largest_share)


def check_verdicts(verdicts: Sequence[Verdict], largest_share: float) -> None:
    """The same for programs that are no training samples."""
    failed = [verdict for verdict in verdicts if verdict.outcome == "infra_error"]
    if len(failed) > largest_share * len(verdicts):
        raise RunStopped(
            f"{len(failed)} of {len(verdicts)} programs could not be judged, above judge.max_infra_error_share="
            f"{largest_share:g}; the judge said: {failed[0].message}"
        )


def check_versions(samples: Sequence[Sample], version: int, staleness: int) -> None:
    """Raises RunStopped when a completion was written by weights that the settings do not allow."""
    stray = [sample for sample in samples if not 0 <= version - sample.rollout.policy_version <= staleness]
    if stray:
        raise RunStopped(
            f"{len(stray)} of {len(samples)} completions were written by policy version "
            f"{stray[0].rollout.policy_version}, the policy is at {version}, and staleness is {staleness}: the engines "
            "did not get the newest weights"
        )


def check_gap(metrics: dict[str, float], limits: GapConfig, tracker: Tracker) -> None:
    """Compare engine and trainer. Raises RunStopped above the stop limit, warns above the other."""
    gap = metrics.get("logprob_gap/mean")
    if gap is None:
        return
    if limits.stop and not gap <= limits.stop:  # so that NaN stops too
        raise RunStopped(
            f"engine and trainer disagree by {gap:.3f} nats per token on average, above logprob_gap.stop="
            f"{limits.stop:g}: the engine does not have the trainer's weights, or computes something else"
        )
    if limits.warn and gap > limits.warn:
        tracker.warning(
            f"engine and trainer disagree by {gap:.3f} nats per token, above logprob_gap.warn={limits.warn:g}"
        )


def step_metrics(
    experience: Experience, learned: Learned, policy_version: int, update_seconds: float
) -> dict[str, float]:
    """The step's row of metrics; `policy_version` is that of the weights before the update."""
    samples = experience.samples
    judged = [sample for sample in samples if sample.reward is not None]
    rewards = [sample.reward for sample in judged if sample.reward is not None]
    lengths = [len(sample.rollout.completion_ids) for sample in samples]
    metrics = {
        "length/mean": fmean(lengths),
        "length/max": float(max(lengths)),
        "length/cut_off_share": fmean(sample.rollout.finish_reason == "length" for sample in samples),
        "judge/infra_errors": float(len(samples) - len(judged)),
        "judge/weak_passes": float(sum(sample.verdict.passed and sample.verdict.weak for sample in samples)),
        "judge/cpu_seconds": sum(sample.verdict.cpu_seconds for sample in samples),
        "policy/version_lag": fmean(policy_version - sample.rollout.policy_version for sample in samples),
        **learned.metrics,
    }
    if rewards:
        metrics["reward/mean"], metrics["reward/std"] = fmean(rewards), pstdev(rewards)
        for term in sorted({term for sample in judged for term in sample.terms}):
            metrics[f"reward/{term}"] = fmean(sample.terms[term] for sample in judged)
        scores = [sample.score for sample in judged if sample.score is not None]
        if scores:
            metrics["reward/model_score"] = fmean(scores)
        metrics["pass_rate/train"] = fmean(sample.verdict.passed for sample in judged)
        metrics["pass_rate/tests"] = fmean(sample.verdict.pass_rate or 0.0 for sample in judged)
    metrics["tokens_per_second/generate"] = sum(lengths) / max(experience.generate_seconds, 1e-9)
    if "tokens/trained" in metrics:
        metrics["tokens_per_second/update"] = metrics["tokens/trained"] / max(update_seconds, 1e-9)
    return metrics | {
        "seconds/generate": 0.0 if experience.written_ahead else experience.generate_seconds,
        "seconds/judge_wait": 0.0 if experience.written_ahead else experience.judge_wait_seconds,
        "seconds/update": update_seconds,
    }


def rollout_rows(
    samples: Sequence[Sample], prompts: Sequence[Prompt], advantages: Sequence[float | None]
) -> list[dict[str, Any]]:
    """One row per completion for rollouts/."""
    return [
        {
            "problem_id": sample.rollout.problem_id,
            "group": sample.rollout.group,
            "prompt": prompts[sample.rollout.group].text,
            "completion": sample.rollout.text,
            "program": sample.program or None,
            "reward": sample.reward,
            "model_score": sample.score,
            "advantage": advantage,
            "outcome": sample.verdict.outcome,
            "pass_rate": sample.verdict.pass_rate,
            "weak": sample.verdict.weak,
            "tests": [{"outcome": test.outcome, "message": test.message} for test in sample.verdict.tests],
            "policy_version": sample.rollout.policy_version,
            "finish_reason": sample.rollout.finish_reason,
            "completion_tokens": len(sample.rollout.completion_ids),
            "mean_logprob": fmean(sample.rollout.logprobs) if sample.rollout.logprobs else None,
        }
        for sample, advantage in zip(samples, advantages, strict=True)
    ]
