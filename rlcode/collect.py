"""From prompts to judged programs, in training and evaluation alike. Judging runs while the engines still write."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reward.conversation import answer, first_test, instruction
from rlcode.cluster import Workers
from rlcode.data import Prompt, Rollout
from rlcode.engines import SamplingSettings
from rlcode.extraction import extract_program
from rlcode.workers.judge import Job
from rlcode.workers.pool import Batch
from rlcode.workers.scorer import ScorerGroup, Text
from sandbox import Verdict


@dataclass(frozen=True)
class Judged:
    """A rollout, the program found in it, the verdict on that, and the reward model's score where one was asked for."""

    rollout: Rollout
    program: str
    verdict: Verdict
    score: float | None = None


@dataclass(frozen=True)
class Collected:
    """What came back for a list of prompts, in their order."""

    judged: list[Judged]
    generate_seconds: float
    judge_wait_seconds: float  # after the last completion: judging and scoring that generation did not hide

    @property
    def infra_errors(self) -> int:
        return sum(item.verdict.outcome == "infra_error" for item in self.judged)


def collect(
    workers: Workers,
    prompts: Sequence[Prompt],
    samples_per_prompt: int,
    sampling: SamplingSettings,
    on_written: Callable[[int], None] = lambda count: None,
    scorers: ScorerGroup | None = None,
) -> Collected:
    """Let the engines write `samples_per_prompt` completions for each prompt and have every program judged, and scored
    where there are scorers."""
    began = time.monotonic()
    waiting: list[tuple[list[tuple[Rollout, str]], Batch]] = []
    scoring = _Scoring(scorers, prompts) if scorers else None
    for rollouts in workers.rollouts.generate(prompts, samples_per_prompt, sampling):
        written = [(rollout, extract_program(rollout.text, prompts[rollout.group].prefill)) for rollout in rollouts]
        jobs: list[Job] = [(program, prompts[rollout.group].problem.tests) for rollout, program in written]
        waiting.append((written, workers.judges.submit(jobs)))
        if scoring:
            scoring.add(written)
        on_written(len(rollouts))
    generated = time.monotonic()
    judged = [
        Judged(rollout, program, verdict)
        for written, batch in waiting
        for (rollout, program), verdict in zip(written, workers.judges.result(batch), strict=True)
    ]
    if scoring:
        scores = scoring.result()
        judged = [replace(item, score=score) for item, score in zip(judged, scores, strict=True)]
    judged.sort(key=lambda item: item.rollout.group)
    return Collected(judged, generated - began, time.monotonic() - generated)


class _Scoring:
    """Programs on their way to scores, in the order they were written; sent on when there are enough for a batch."""

    def __init__(self, scorers: ScorerGroup, prompts: Sequence[Prompt]):
        self._scorers = scorers
        self._requests = [instruction(prompt.problem.prompt, first_test(prompt.problem.tests)) for prompt in prompts]
        self._texts: list[Text] = []
        self._batches: list[Batch] = []

    def add(self, written: Sequence[tuple[Rollout, str]]) -> None:
        self._texts += [(self._requests[rollout.group], answer(program)) for rollout, program in written]
        while len(self._texts) >= self._scorers.texts_per_batch:
            self._send(self._scorers.texts_per_batch)

    def result(self) -> list[float]:
        if self._texts:
            self._send(len(self._texts))
        return [score for batch in self._batches for score in self._scorers.result(batch)]

    def _send(self, count: int) -> None:
        self._batches.append(self._scorers.submit(self._texts[:count]))
        del self._texts[:count]
