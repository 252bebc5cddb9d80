"""Which streams of random numbers a step's seed sets in vLLM's workers."""

from __future__ import annotations

import numpy as np
import torch

from rlcode.engines.vllm_engine import _seed_worker


def draw(seed: int) -> tuple[float, int]:
    """What vLLM's model runners draw from: the one for CPUs from torch, the one for GPUs from numpy."""
    _seed_worker(None, seed)
    return float(torch.rand(())), int(np.random.randint(2**62))


def test_a_seed_sets_what_both_model_runners_draw_from() -> None:
    first, again, other = draw(2**40 + 3), draw(2**40 + 3), draw(4)
    assert first == again
    assert all(mine != its for mine, its in zip(first, other, strict=True))
