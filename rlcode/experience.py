"""A step's experience: problems drawn, programs written and judged, rewards given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rlcode.algorithms import learnable_samples
from rlcode.cluster import Workers
from rlcode.collect import Collected, collect
from rlcode.config import TrainConfig
from rlcode.data import Prompt, Sample
from rlcode.engines import SamplingSettings
from rlcode.learning import reward_tensors
from rlcode.rewarding import Rewarder
from rlcode.sampler import ProblemOrder
from rlcode.tracking import Tracker
from rlcode.workers.handle import WorkerDied

MAX_RESAMPLE_ROUNDS = 4


@dataclass
class Experience:
    """The samples of one step. A sample's group is the place of its prompt in `prompts`."""

    samples: list[Sample] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    generate_seconds: float = 0.0
    judge_wait_seconds: float = 0.0  # judging that generation did not hide
    written_ahead: bool = False  # while the policy learned from the batch before

    def add(self, prompts: list[Prompt], collected: Collected, rewarder: Rewarder) -> None:
        rewards = rewarder.rewards(collected.judged)
        for item, (reward, terms) in zip(collected.judged, rewards, strict=True):
            rollout = replace(item.rollout, group=len(self.prompts) + item.rollout.group)
            self.samples.append(Sample(rollout, item.program, item.verdict, reward, terms, item.score))
        self.prompts += prompts
        self.generate_seconds += collected.generate_seconds
        self.judge_wait_seconds += collected.judge_wait_seconds

    def learnable_groups(self) -> list[int]:
        """Groups whose rewards differ, in order: the others say nothing about what is better."""
        rewards_N, group_N, mask_N = reward_tensors(self.samples)
        groups: list[int] = group_N[learnable_samples(rewards_N, group_N, mask_N)].unique().tolist()
        return groups

    def end_with(self, group: int) -> None:
        """Leave out the groups behind this one; their problems come again."""
        self.prompts = self.prompts[: group + 1]
        self.samples = [sample for sample in self.samples if sample.rollout.group <= group]


def gather(
    config: TrainConfig,
    workers: Workers,
    problems: ProblemOrder[Prompt],
    first_problem: int,
    step: int,
    rewarder: Rewarder,
    tracker: Tracker,
    revive: Callable[[WorkerDied], None],
) -> Experience:
    """Judged samples of the problems from `first_problem` on, in several rounds where equal groups are replaced.

    `revive` brings back an engine that died; the round is then started over.
    """
    rollout, experience = config.rollout, Experience()
    for round_ in range(MAX_RESAMPLE_ROUNDS):
        prompts = problems.take(first_problem + len(experience.prompts), rollout.prompts_per_step)
        seed = hash((config.seed, step, round_)) % 2**31
        sampling = SamplingSettings(
            rollout.temperature, rollout.top_p, rollout.top_k, rollout.max_new_tokens, tuple(rollout.stop), seed
        )
        with tracker.phase("generate", total=len(prompts) * rollout.samples_per_prompt) as phase:
            try:
                collected = collect(
                    workers, prompts, rollout.samples_per_prompt, sampling, phase.advance, workers.scorers
                )
            except WorkerDied as death:
                revive(death)
                collected = collect(workers, prompts, rollout.samples_per_prompt, sampling, scorers=workers.scorers)
        experience.add(prompts, collected, rewarder)
        if config.algorithm.equal_groups != "resample":
            break
        learnable = experience.learnable_groups()[: rollout.prompts_per_step]
        if len(learnable) == rollout.prompts_per_step:  # every batch of one size, as in DAPO
            experience.end_with(learnable[-1])
            break
    return experience
