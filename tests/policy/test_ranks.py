"""Two ranks of the policy, in processes of their own, do what one does alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from policy_samples import make_samples
from two_ranks import DEADLINE_SECONDS, on_two_ranks

from rlcode.algorithms import AlgorithmSettings, batch_totals
from rlcode.config import PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import NotFinite
from rlcode.policy.replay import load, replay
from rlcode.workers.policy import PolicyWorker, _shares

pytestmark = pytest.mark.timeout(2 * DEADLINE_SECONDS)
ALGORITHM = AlgorithmSettings(advantage="grpo", aggregation="sequence-mean")


def worker(model: str, **more: Any) -> PolicyWorker:
    settings = PolicyConfig(bf16=False, learning_rate=1e-3, tokens_per_micro_batch=64, **more)
    return PolicyWorker(model, settings, ALGORITHM, 1.0, 10, 0)


def two_updates(
    rank: int, address: str, model: str, shares: list[list[TrainSample]], totals: Any, folder: Path, settings: Any
) -> Any:
    """Gradient norms of two updates on the rank's share, and its weights; or what it refused."""
    policy = worker(model, **settings)
    try:
        policy.start(address, rank, len(shares))
        norms = [policy.update(shares[rank], totals, 0.0, folder / "failed.pt").grad_norm for _ in range(2)]
        return norms, np.concatenate([chunk.buffer for chunk in policy.weights()])
    except NotFinite as error:
        return str(error), None
    finally:
        policy.close()


def updated(model: str, shares: list[list[TrainSample]], folder: Path, **settings: Any) -> list[Any]:
    lengths = [len(sample.completion_ids) for share in shares for sample in share]
    return on_two_ranks(two_updates, model, shares, batch_totals(torch.tensor(lengths)), folder, settings)


def deal(samples: list[TrainSample]) -> list[list[TrainSample]]:
    return [[samples[index] for index in share] for share in _shares(samples, 2)]


def test_two_ranks_equal_one_process(random_model: str, tmp_path: Path) -> None:
    samples = make_samples(prompts=5, samples_per_prompt=3, seed=11)
    check_against_one_process(random_model, samples, updated(random_model, deal(samples), tmp_path), tmp_path)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_a_rank_whose_samples_have_no_advantage_takes_part(random_model: str, tmp_path: Path, stage: int) -> None:
    """It makes a rank's backward passes, and its samples none."""
    samples = make_samples(prompts=6, samples_per_prompt=3, seed=11)
    samples[6:] = [replace(sample, advantages=0 * sample.advantages) for sample in samples[6:]]
    settings = {"deepspeed": {"zero_optimization": {"stage": stage}}} if stage else {}
    found = updated(random_model, [samples[:9], samples[9:]], tmp_path, **settings)
    check_against_one_process(random_model, samples, found, tmp_path, norm=1e-4 if stage else 1e-5)


def check_against_one_process(
    model: str, samples: list[TrainSample], found: list[Any], tmp_path: Path, norm: float = 1e-5
) -> None:
    alone = worker(model)
    alone.start("", 0, 1)
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    norms = [alone.update(samples, totals, 0.0, tmp_path / "failed.pt").grad_norm for _ in range(2)]
    weights = np.concatenate([chunk.buffer for chunk in alone.weights()]).view(np.float32)
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert found[0][0] == pytest.approx(norms, rel=norm)
    # Adam divides by the gradient's size, so where that is almost nothing rounding decides; the mean is not moved.
    assert np.abs(found[0][1].view(np.float32) - weights).mean() < 1e-6


def test_a_rank_without_samples_takes_part(random_model: str, tmp_path: Path) -> None:
    found = updated(random_model, [make_samples(prompts=1, samples_per_prompt=1, seed=12), []], tmp_path)
    assert found[0][0] == found[1][0] and min(found[0][0]) > 0
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_all_ranks_refuse_what_one_cannot_use(random_model: str, tmp_path: Path) -> None:
    shares = deal(make_samples(prompts=5, samples_per_prompt=3, seed=13))
    shares[1][0] = replace(shares[1][0], advantages=np.full_like(shares[1][0].advantages, np.nan))
    found = updated(random_model, shares, tmp_path)
    assert "the loss of rank 1 is not finite" in found[0][0]
    assert "the loss of rank 1 is not finite" in found[1][0]
    files = sorted(tmp_path.glob("*.pt"))
    assert [path.name for path in files] == ["failed-rank0.pt", "failed-rank1.pt"]
    assert replay(load(files))


def test_shares_are_balanced_and_lose_nothing() -> None:
    samples = make_samples(prompts=8, samples_per_prompt=4, seed=14)
    shares = _shares(samples, 2)
    assert sorted(index for share in shares for index in share) == list(range(len(samples)))
    tokens = [sum(len(samples[index].completion_ids) for index in share) for share in shares]
    assert abs(tokens[0] - tokens[1]) <= 0.2 * sum(tokens)


def test_shares_are_balanced_in_what_has_an_advantage() -> None:
    samples = make_samples(prompts=8, samples_per_prompt=4, seed=14)
    samples[4:] = [replace(sample, advantages=0 * sample.advantages) for sample in samples[4:]]
    shares = _shares(samples, 2)
    assert sorted(index for share in shares for index in share) == list(range(len(samples)))
    assert [sum(samples[index].has_advantage() for index in share) for share in shares] == [2, 2]
