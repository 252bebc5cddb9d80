"""Samples to train the tiny model on, made at random from its vocabulary."""

from __future__ import annotations

import numpy as np

from rlcode.policy.packing import TrainSample

VOCABULARY = 2_000


def make_samples(
    prompts: int, samples_per_prompt: int, seed: int, with_advantages: bool = True, with_reference: bool = False
) -> list[TrainSample]:
    """Groups of completions of 1 to 9 tokens after prompts of 3 to 12, every array a plausible random one."""
    random = np.random.default_rng(seed)
    samples = []
    for _ in range(prompts):
        prompt = random.integers(0, VOCABULARY, random.integers(3, 13)).tolist()
        for _ in range(samples_per_prompt):
            length = int(random.integers(1, 10))
            samples.append(
                TrainSample(
                    prompt_ids=prompt,
                    completion_ids=random.integers(0, VOCABULARY, length).tolist(),
                    engine_logprobs=random.normal(-9, 1, length).astype(np.float32),
                    advantages=np.full(length, random.normal(), np.float32) if with_advantages else None,
                    ref_logprobs=random.normal(-9, 1, length).astype(np.float32) if with_reference else None,
                )
            )
    return samples
