import itertools

import paper_reference
import pytest
import torch
from random_batch import random_batch, rows, scalar_rows

from rlcode.algorithms import (
    AGGREGATIONS,
    CORRECTION_LEVELS,
    CORRECTIONS,
    KL_ESTIMATORS,
    LOSSES,
    RATIOS,
    AlgorithmSettings,
    BatchTotals,
    MicroBatch,
    batch_totals,
    policy_objective,
)

CLIPS = {"ppo": {"clip_low": 0.2, "clip_high": 0.28}, "cispo": {"clip_low": 0.5, "clip_high": 0.6}}


def compare(settings, batch, expected_loss):
    """Loss and gradient of `policy_objective` against the reference's, on the whole batch."""
    advantages_T = per_sample_advantages(batch)
    micro = MicroBatch(
        batch.lengths_N,
        batch.logprobs_T,
        advantages_T,
        old_logprobs_T=batch.old_T,
        engine_logprobs_T=batch.engine_T,
        ref_logprobs_T=batch.ref_T,
        entropy_T=batch.entropy_T,
    )
    loss, metrics = policy_objective(settings, micro, batch_totals(batch.lengths_N))
    (gradient,) = torch.autograd.grad(loss, batch.logprobs_T)
    (expected_gradient,) = torch.autograd.grad(expected_loss, batch.logprobs_T)
    torch.testing.assert_close(loss, expected_loss, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-9, atol=1e-12)
    return metrics.values()


def per_sample_advantages(batch):
    return torch.repeat_interleave(batch.rewards_N, batch.lengths_N)


def reference_terms(loss, ratio, batch, **limits):
    logprobs = scalar_rows(batch.logprobs_T, batch.lengths_N)
    log_ratios = paper_reference.log_ratios(ratio, logprobs, rows(batch.old_T, batch.lengths_N))
    return [
        [
            paper_reference.policy_term(loss, log_ratio, logprob, advantage, **limits)
            for log_ratio, logprob in zip(ratio_row, logprob_row, strict=True)
        ]
        for ratio_row, logprob_row, advantage in zip(log_ratios, logprobs, batch.rewards_N.tolist(), strict=True)
    ]


@pytest.mark.parametrize(("loss", "ratio", "aggregation"), list(itertools.product(LOSSES, RATIOS, AGGREGATIONS)))
def test_every_loss_equals_the_papers_formula(loss, ratio, aggregation):
    batch = random_batch(11)
    fixed = {"fixed_length_tokens": 6} if aggregation == "fixed-length" else {}
    settings = AlgorithmSettings(loss=loss, ratio=ratio, aggregation=aggregation, **CLIPS[loss], **fixed)
    terms = reference_terms(loss, ratio, batch, **CLIPS[loss])
    compare(settings, batch, paper_reference.aggregate(aggregation, terms, fixed_length=6))


@pytest.mark.parametrize("ratio", RATIOS)
def test_dual_clip_equals_the_papers_formula(ratio):
    batch = random_batch(12)
    settings = AlgorithmSettings(ratio=ratio, dual_clip=1.3)
    terms = reference_terms("ppo", ratio, batch, clip_low=0.2, clip_high=0.2, dual_clip=1.3)
    compare(settings, batch, paper_reference.aggregate("token-mean", terms))


@pytest.mark.parametrize("estimator", KL_ESTIMATORS)
@pytest.mark.parametrize("aggregation", ["token-mean", "sequence-mean"])
@pytest.mark.parametrize("placement", ["loss", "weighted-loss"])
def test_kl_in_the_loss_equals_the_papers_formula(estimator, aggregation, placement):
    batch = random_batch(13)
    settings = AlgorithmSettings(
        aggregation=aggregation, kl_coefficient=0.7, kl_estimator=estimator, kl_placement=placement
    )
    terms = reference_terms("ppo", "token", batch, clip_low=0.2, clip_high=0.2)
    logprobs = scalar_rows(batch.logprobs_T, batch.lengths_N)
    old, references = rows(batch.old_T, batch.lengths_N), rows(batch.ref_T, batch.lengths_N)
    penalties = [
        [
            0.7 * paper_reference.kl(estimator, p, q) * (torch.exp(p - o) if placement == "weighted-loss" else 1.0)
            for p, o, q in zip(*sample, strict=True)
        ]
        for sample in zip(logprobs, old, references, strict=True)
    ]
    expected = paper_reference.aggregate(aggregation, terms) + paper_reference.aggregate(aggregation, penalties)
    compare(settings, batch, expected)


@pytest.mark.parametrize(("correction", "level"), list(itertools.product(CORRECTIONS[1:], CORRECTION_LEVELS)))
def test_corrections_weigh_the_policy_terms(correction, level):
    batch = random_batch(14)
    limits = {"truncated": {"correction_high": 1.4}, "masked": {"correction_low": 0.6, "correction_high": 1.5}}
    settings = AlgorithmSettings(correction=correction, correction_level=level, **limits[correction])
    weights = paper_reference.correction(
        correction,
        level,
        rows(batch.old_T, batch.lengths_N),
        rows(batch.engine_T, batch.lengths_N),
        low=0.6,
        high=limits[correction]["correction_high"],
    )
    terms = reference_terms("ppo", "token", batch, clip_low=0.2, clip_high=0.2)
    corrected = [[w * x for w, x in zip(*pair, strict=True)] for pair in zip(weights, terms, strict=True)]
    compare(settings, batch, paper_reference.aggregate("token-mean", corrected))


def test_an_entropy_bonus_lowers_the_loss_by_the_mean_entropy():
    batch = random_batch(15)
    micro = MicroBatch(
        batch.lengths_N,
        batch.logprobs_T,
        per_sample_advantages(batch),
        old_logprobs_T=batch.old_T,
        entropy_T=batch.entropy_T.requires_grad_(),
    )
    totals = batch_totals(batch.lengths_N)
    plain, _ = policy_objective(AlgorithmSettings(), micro, totals)
    with_bonus, metrics = policy_objective(AlgorithmSettings(entropy_coefficient=0.1), micro, totals)
    torch.testing.assert_close(with_bonus, plain - 0.1 * batch.entropy_T.mean())
    assert metrics.values()["entropy_loss"] == pytest.approx(-0.1 * batch.entropy_T.mean().item())
    (gradient,) = torch.autograd.grad(with_bonus, batch.entropy_T)
    torch.testing.assert_close(gradient, torch.full_like(gradient, -0.1 / len(gradient)))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_without_old_logprobs_the_ratio_is_one_and_keeps_its_gradient(loss, ratio):
    batch = random_batch(16)
    settings = AlgorithmSettings(loss=loss, ratio=ratio)
    advantages_T, totals = per_sample_advantages(batch), batch_totals(batch.lengths_N)
    implicit, metrics = policy_objective(settings, MicroBatch(batch.lengths_N, batch.logprobs_T, advantages_T), totals)
    explicit, _ = policy_objective(
        settings,
        MicroBatch(batch.lengths_N, batch.logprobs_T, advantages_T, old_logprobs_T=batch.logprobs_T.detach()),
        totals,
    )
    (gradient,) = torch.autograd.grad(implicit, batch.logprobs_T)
    (expected,) = torch.autograd.grad(explicit, batch.logprobs_T)
    torch.testing.assert_close(gradient, expected)
    assert gradient.abs().max() > 0
    assert metrics.values()["ratio_mean"] == metrics.values()["ratio_max"] == 1


def test_metrics_report_clipping_ratio_and_drift():
    log_ratio = torch.tensor([0.5, -0.5, 0.5, -0.5, 0.0], dtype=torch.float64)
    advantages_T = torch.tensor([1.0, 1.0, -1.0, -1.0, 1.0], dtype=torch.float64)
    old_T = torch.full((5,), -1.0, dtype=torch.float64)
    micro = MicroBatch(torch.tensor([2, 3]), old_T + log_ratio, advantages_T, old_logprobs_T=old_T)
    _, metrics = policy_objective(AlgorithmSettings(), micro, BatchTotals(5, 2))
    values = metrics.values()
    assert values["clip_fraction_high"] == pytest.approx(1 / 5)  # ratio above 1.2 with a positive advantage
    assert values["clip_fraction_low"] == pytest.approx(1 / 5)  # ratio below 0.8 with a negative advantage
    assert values["ratio_mean"] == pytest.approx(log_ratio.exp().mean().item())
    assert values["ratio_max"] == pytest.approx(log_ratio.exp().max().item())
    assert values["approx_kl"] == pytest.approx((log_ratio.exp() - 1 - log_ratio).mean().item())


def test_clipped_tokens_get_no_gradient_and_cispo_keeps_it():
    old_T = torch.tensor([-2.0, -2.0], dtype=torch.float64)
    logprobs_T = torch.tensor([-1.0, -3.0], dtype=torch.float64, requires_grad=True)
    advantages_T = torch.tensor([1.0, -1.0], dtype=torch.float64)
    micro = MicroBatch(torch.tensor([2]), logprobs_T, advantages_T, old_logprobs_T=old_T)
    ppo, _ = policy_objective(AlgorithmSettings(), micro, BatchTotals(2, 1))
    assert torch.autograd.grad(ppo, logprobs_T)[0].tolist() == [0.0, 0.0]
    cispo, _ = policy_objective(AlgorithmSettings(loss="cispo", clip_high=0.2), micro, BatchTotals(2, 1))
    expected = [-1.2 / 2, torch.tensor(-1.0, dtype=torch.float64).exp().item() / 2]
    assert torch.autograd.grad(cispo, logprobs_T)[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("ratio", RATIOS)
def test_policies_far_apart_give_finite_loss_and_gradient(ratio):
    old_T = torch.full((400,), -300.0)
    logprobs_T = torch.zeros(400, requires_grad=True)
    advantages_T = torch.ones(400)
    settings = AlgorithmSettings(ratio=ratio, kl_coefficient=0.1)
    micro = MicroBatch(torch.tensor([400]), logprobs_T, advantages_T, old_logprobs_T=old_T, ref_logprobs_T=old_T)
    loss, _ = policy_objective(settings, micro, BatchTotals(400, 1))
    (gradient,) = torch.autograd.grad(loss, logprobs_T)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (AlgorithmSettings(correction="truncated"), "correction: truncated needs engine_logprobs_T"),
        (AlgorithmSettings(kl_coefficient=0.1), "kl_placement: loss needs ref_logprobs_T"),
        (AlgorithmSettings(entropy_coefficient=0.1), "entropy_coefficient above 0 needs entropy_T"),
    ],
)
def test_a_missing_tensor_is_named(settings, missing):
    micro = MicroBatch(torch.tensor([2]), torch.zeros(2), torch.zeros(2))
    with pytest.raises(ValueError, match=missing):
        policy_objective(settings, micro, BatchTotals(2, 1))


def test_a_padded_tensor_is_refused():
    micro = MicroBatch(torch.tensor([2, 1]), torch.zeros(2, 2), torch.zeros(3))
    with pytest.raises(ValueError, match=r"logprobs_T has shape \(2, 2\).* 3 tokens"):
        policy_objective(AlgorithmSettings(), micro, BatchTotals(3, 2))


def test_totals_that_count_nothing_are_refused():
    micro = MicroBatch(torch.tensor([2]), torch.zeros(2), torch.zeros(2))
    with pytest.raises(ValueError, match="nothing to learn from, skip this update"):
        policy_objective(AlgorithmSettings(), micro, BatchTotals(0, 0))
