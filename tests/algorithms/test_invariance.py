"""The same batch gives the same loss, gradient and metrics however it is cut, ordered or spread over ranks."""

import datetime
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from random_batch import random_batch

from rlcode.algorithms import (
    AGGREGATIONS,
    LOSSES,
    RATIOS,
    AlgorithmSettings,
    BatchTotals,
    MicroBatch,
    batch_totals,
    compute_advantages,
    merge,
    policy_objective,
)

MASK_N = torch.tensor([True, True, False, True, True, True, True, False, True])


def everything_on(loss: str, ratio: str, aggregation: str) -> AlgorithmSettings:
    """A loss with every term that can be aggregated switched on."""
    return AlgorithmSettings(
        loss=loss,
        ratio=ratio,
        aggregation=aggregation,
        fixed_length_tokens=6 if aggregation == "fixed-length" else None,
        kl_coefficient=0.1,
        correction="truncated",
        correction_level="sequence",
        entropy_coefficient=0.05,
    )


def whole_batch(seed: int) -> MicroBatch:
    batch = random_batch(seed)
    advantages = compute_advantages(AlgorithmSettings(), batch.rewards_N, batch.group_N, batch.lengths_N, mask_N=MASK_N)
    return MicroBatch(
        batch.lengths_N,
        batch.logprobs_T,
        advantages.advantages_T,
        mask_N=MASK_N,
        old_logprobs_T=batch.old_T,
        engine_logprobs_T=batch.engine_T,
        ref_logprobs_T=batch.ref_T,
        entropy_T=batch.entropy_T.requires_grad_(),
    )


def take(batch: MicroBatch, samples: list[int]) -> MicroBatch:
    """The samples of these indices, in this order, as one micro-batch."""
    lengths = batch.lengths_N.tolist()
    taken = {}
    for name, values in vars(batch).items():
        pieces = torch.split(values, lengths) if name.endswith("_T") else torch.split(values, 1)
        taken[name] = torch.cat([pieces[i] for i in samples])
    return MicroBatch(**taken)


def loss_gradient_metrics(settings, batch, cuts):
    """Sums over the micro-batches given as lists of sample indices."""
    totals = batch_totals(batch.lengths_N, batch.mask_N)
    losses, metrics = zip(*(policy_objective(settings, take(batch, cut), totals) for cut in cuts), strict=True)
    gradients = torch.autograd.grad(sum(losses), (batch.logprobs_T, batch.entropy_T))
    return sum(losses), gradients, merge(metrics).values()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@given(order=st.permutations(range(9)), micro_batches=st.integers(1, 9))
@hypothesis_settings(max_examples=8, deadline=None)
def test_micro_batches_and_order_change_nothing(loss, ratio, aggregation, order, micro_batches):
    settings, batch = everything_on(loss, ratio, aggregation), whole_batch(21)
    cuts = [list(part) for part in torch.tensor(order).tensor_split(micro_batches)]
    expected_loss, expected_gradients, expected_metrics = loss_gradient_metrics(settings, batch, [list(range(9))])
    actual_loss, gradients, metrics = loss_gradient_metrics(settings, batch, cuts)
    torch.testing.assert_close(actual_loss, expected_loss, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-10, atol=1e-13)
    assert metrics == pytest.approx(expected_metrics, rel=1e-10)


def test_a_masked_sample_leaves_loss_gradient_and_metrics_as_if_absent():
    settings, batch = everything_on("ppo", "token", "sequence-mean"), whole_batch(22)
    present = [i for i in range(9) if MASK_N[i]]
    with_masked, gradients, metrics = loss_gradient_metrics(settings, batch, [list(range(9))])
    without, other_gradients, other_metrics = loss_gradient_metrics(settings, batch, [present])
    torch.testing.assert_close(with_masked, without)
    torch.testing.assert_close(gradients, other_gradients)
    assert metrics == pytest.approx(other_metrics)


def test_totals_count_valid_samples_only():
    lengths_N = torch.tensor([3, 5, 2])
    assert batch_totals(lengths_N) == BatchTotals(tokens=10, sequences=3)
    assert batch_totals(lengths_N, torch.tensor([True, False, True])) == BatchTotals(tokens=5, sequences=2)


def test_an_empty_micro_batch_adds_nothing():
    settings, batch = everything_on("ppo", "token", "token-mean"), whole_batch(23)
    empty = MicroBatch(
        torch.zeros(0).long(), *(torch.zeros(0, dtype=torch.float64) for _ in range(2)),
        engine_logprobs_T=torch.zeros(0), ref_logprobs_T=torch.zeros(0), entropy_T=torch.zeros(0),
    )  # fmt: skip
    loss, metrics = policy_objective(settings, empty, batch_totals(batch.lengths_N))
    assert loss == 0
    assert metrics.tokens == 0


def _train_on_rank(rank: int, port: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=2, timeout=datetime.timedelta(seconds=60)
    )
    try:
        torch.save(_ddp_gradient(rank, 2), folder / f"{rank}.pt")
    finally:
        dist.destroy_process_group()


def _ddp_gradient(rank: int, ranks: int) -> torch.Tensor:
    """Gradient of a linear layer that outputs log-probabilities, on this rank's share of the samples."""
    torch.manual_seed(0)
    layer: torch.nn.Module = torch.nn.Linear(5, 1, dtype=torch.float64)
    batch = random_batch(24)
    features_TF = torch.randn(int(batch.lengths_N.sum()), 5, dtype=torch.float64)
    share = list(range(9))[rank::ranks]
    model = torch.nn.parallel.DistributedDataParallel(layer) if ranks > 1 else layer
    pieces = [torch.split(values, batch.lengths_N.tolist()) for values in (features_TF, batch.old_T, batch.ref_T)]
    features_TF, old_T, ref_T = (torch.cat([piece[i] for i in share]) for piece in pieces)
    lengths_N = batch.lengths_N[share]
    advantages_T = torch.repeat_interleave(batch.rewards_N[share], lengths_N)
    micro = MicroBatch(
        lengths_N, model(features_TF).squeeze(1), advantages_T, old_logprobs_T=old_T, ref_logprobs_T=ref_T
    )
    settings = AlgorithmSettings(kl_coefficient=0.1, aggregation="sequence-mean")
    loss, _ = policy_objective(settings, micro, batch_totals(batch.lengths_N))
    (loss * ranks).backward()
    return next(layer.parameters()).grad.clone()


@pytest.mark.slow
def test_two_ranks_of_ddp_get_the_gradient_of_one_process(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(_train_on_rank, args=(port, tmp_path), nprocs=2)
    gradients = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    expected = _ddp_gradient(0, 1)
    assert expected.abs().max() > 0
    for gradient in gradients:
        torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-12)
