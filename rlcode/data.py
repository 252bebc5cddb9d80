"""What flows through one training step: Problem → Prompt → Rollout → Sample."""

from __future__ import annotations

from dataclasses import dataclass, field

from rlcode.problems import Problem
from sandbox import Verdict


@dataclass(frozen=True)
class Prompt:
    """A problem as the model sees it. `prefill` is the start of the answer, already part of `ids`."""

    problem: Problem
    text: str
    ids: list[int]
    prefill: str


@dataclass(frozen=True)
class Completion:
    """What the engine wrote after one prompt; the ids include the tokens that made it stop."""

    prompt_index: int
    ids: list[int]
    logprobs: list[float]  # of each id under the distribution it was drawn from, nats
    finish_reason: str  # stop | length
    text: str


@dataclass(frozen=True)
class Rollout:
    """One completion with where it came from: its problem, its group, and the policy version that wrote it."""

    problem_id: str
    group: int
    prompt_ids: list[int]
    completion_ids: list[int]
    logprobs: list[float]
    policy_version: int
    finish_reason: str
    text: str


@dataclass(frozen=True)
class Sample:
    """A judged rollout. `reward` is None when the judge had an infrastructure failure: such a sample counts nowhere.

    `terms` are the values the reward was added up from, before their weights; `score` is the reward model's own.
    """

    rollout: Rollout
    program: str
    verdict: Verdict
    reward: float | None
    terms: dict[str, float] = field(default_factory=dict)
    score: float | None = None
