"""From prompts to judged programs, in training and evaluation alike. Judging runs while the engines still write."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlcode.cluster import Workers
from rlcode.data import Prompt, Rollout
from rlcode.engines import SamplingSettings
from rlcode.extraction import extract_program
from rlcode.workers.judge import Job, JudgeBatch
from sandbox import Verdict


@dataclass(frozen=True)
class Judged:
    """A rollout, the program found in it, and the verdict on that."""

    rollout: Rollout
    program: str
    verdict: Verdict


@dataclass(frozen=True)
class Collected:
    """What came back for a list of prompts, in their order."""

    judged: list[Judged]
    generate_seconds: float
    judge_wait_seconds: float  # after the last completion: judging that generation did not hide

    @property
    def infra_errors(self) -> int:
        return sum(item.verdict.outcome == "infra_error" for item in self.judged)


def collect(
    workers: Workers,
    prompts: Sequence[Prompt],
    samples_per_prompt: int,
    sampling: SamplingSettings,
    on_written: Callable[[int], None] = lambda count: None,
) -> Collected:
    """Let the engines write `samples_per_prompt` completions for each prompt and have every program judged."""
    began = time.monotonic()
    waiting: list[tuple[list[tuple[Rollout, str]], JudgeBatch]] = []
    for rollouts in workers.rollouts.generate(prompts, samples_per_prompt, sampling):
        written = [(rollout, extract_program(rollout.text, prompts[rollout.group].prefill)) for rollout in rollouts]
        jobs: list[Job] = [(program, prompts[rollout.group].problem.tests) for rollout, program in written]
        waiting.append((written, workers.judges.submit(jobs)))
        on_written(len(rollouts))
    generated = time.monotonic()
    judged = [
        Judged(rollout, program, verdict)
        for written, batch in waiting
        for (rollout, program), verdict in zip(written, workers.judges.result(batch), strict=True)
    ]
    judged.sort(key=lambda item: item.rollout.group)
    return Collected(judged, generated - began, time.monotonic() - generated)
