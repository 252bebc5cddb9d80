"""Two ranks of the policy, in processes of their own, do what one does alone."""

from __future__ import annotations

import queue
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from policy_samples import make_samples

from rlcode.algorithms import AlgorithmSettings, batch_totals
from rlcode.config import PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import NotFinite
from rlcode.workers.policy import PolicyWorker, _shares

pytestmark = pytest.mark.slow
DEADLINE_SECONDS = 240
ALGORITHM = AlgorithmSettings(advantage="grpo", aggregation="sequence-mean")


def worker(model: str) -> PolicyWorker:
    settings = PolicyConfig(bf16=False, learning_rate=1e-3, tokens_per_micro_batch=64)
    return PolicyWorker(model, settings, ALGORITHM, 1.0, 10, 0)


def rank_main(
    rank: int, ranks: int, address: str, model: str, shares: list[list[TrainSample]], totals, folder, answers
):
    """One rank: two updates on its share, then its weights."""
    torch.set_num_threads(1)
    policy = worker(model)
    try:
        policy.start(address, rank, ranks)
        results = [policy.update(shares[rank], totals, 0.0, folder / "failed.pt") for _ in range(2)]
        weights = np.concatenate([chunk.buffer for chunk in policy.weights()])
        answers.put((rank, [result.grad_norm for result in results], weights))
    except NotFinite as error:
        answers.put((rank, str(error), None))
    finally:
        policy.close()


def on_two_ranks(model: str, shares: list[list[TrainSample]], folder: Path) -> dict[int, tuple[Any, Any]]:
    """What each rank answered: its gradient norms and weights, or its error."""
    lengths = [len(sample.completion_ids) for share in shares for sample in share]
    context = mp.get_context("spawn")
    answers = context.Queue()
    address = PolicyWorker.free_address(None)  # type: ignore[arg-type]  # needs nothing of the worker
    processes = [
        context.Process(
            target=rank_main,
            args=(rank, 2, address, model, shares, batch_totals(torch.tensor(lengths)), folder, answers),
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    try:
        found = [answers.get(timeout=DEADLINE_SECONDS) for _ in processes]
    except queue.Empty:
        pytest.fail(f"a rank gave no answer within {DEADLINE_SECONDS} s")
    finally:
        for process in processes:
            process.join(10)
            process.kill()
    return {rank: (norms, weights) for rank, norms, weights in found}


def deal(samples: list[TrainSample]) -> list[list[TrainSample]]:
    return [[samples[index] for index in share] for share in _shares(samples, 2)]


@pytest.mark.timeout(2 * DEADLINE_SECONDS)
def test_two_ranks_equal_one_process(random_model: str, tmp_path: Path) -> None:
    samples = make_samples(prompts=5, samples_per_prompt=3, seed=11)
    found = on_two_ranks(random_model, deal(samples), tmp_path)
    alone = worker(random_model)
    alone.start("", 0, 1)
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    norms = [alone.update(samples, totals, 0.0, tmp_path / "failed.pt").grad_norm for _ in range(2)]
    weights = np.concatenate([chunk.buffer for chunk in alone.weights()]).view(np.float32)
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert found[0][0] == pytest.approx(norms, rel=1e-5)
    # Adam divides by the gradient's size, so where that is almost nothing rounding decides; the mean is not moved.
    assert np.abs(found[0][1].view(np.float32) - weights).mean() < 1e-6


@pytest.mark.timeout(2 * DEADLINE_SECONDS)
def test_a_rank_without_samples_takes_part(random_model: str, tmp_path: Path) -> None:
    found = on_two_ranks(random_model, [make_samples(prompts=1, samples_per_prompt=1, seed=12), []], tmp_path)
    np.testing.assert_array_equal(found[0][1], found[1][1])


@pytest.mark.timeout(2 * DEADLINE_SECONDS)
def test_all_ranks_refuse_what_one_cannot_use(random_model: str, tmp_path: Path) -> None:
    shares = deal(make_samples(prompts=5, samples_per_prompt=3, seed=13))
    shares[1][0] = replace(shares[1][0], advantages=np.full_like(shares[1][0].advantages, np.nan))
    found = on_two_ranks(random_model, shares, tmp_path)
    assert "the loss of rank 1 is not finite" in found[0][0]
    assert "the loss of rank 1 is not finite" in found[1][0]
    assert [path.name for path in tmp_path.glob("*.pt")] == ["failed-rank1.pt"]


def test_shares_are_balanced_and_lose_nothing() -> None:
    samples = make_samples(prompts=8, samples_per_prompt=4, seed=14)
    shares = _shares(samples, 2)
    assert sorted(index for share in shares for index in share) == list(range(len(samples)))
    tokens = [sum(len(samples[index].completion_ids) for index in share) for share in shares]
    assert abs(tokens[0] - tokens[1]) <= 0.2 * sum(tokens)
