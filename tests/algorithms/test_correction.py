import pytest
import torch

from rlcode.algorithms import AlgorithmSettings, BatchTotals, MicroBatch, policy_objective
from rlcode.algorithms.correction import masked, truncated

LENGTHS_N = torch.tensor([2, 3])
ENGINE_T = torch.log(torch.tensor([0.5, 0.2, 0.1, 0.4, 0.5], dtype=torch.float64))
OLD_T = torch.log(torch.tensor([0.4, 0.6, 0.6, 0.1, 0.5], dtype=torch.float64))
# ratios by token: 0.8 3.0 | 6.0 0.25 1.0; by sequence: 2.4 | 1.5


def test_truncation_by_token():
    weights = truncated(OLD_T, ENGINE_T, LENGTHS_N, correction_high=2.0)
    assert weights.tolist() == pytest.approx([0.8, 2.0, 2.0, 0.25, 1.0])


def test_truncation_by_sequence():
    weights = truncated(OLD_T, ENGINE_T, LENGTHS_N, correction_level="sequence", correction_high=2.0)
    assert weights.tolist() == pytest.approx([2.0, 2.0, 1.5, 1.5, 1.5])


def test_masking_by_token():
    weights = masked(OLD_T, ENGINE_T, LENGTHS_N, correction_low=0.5, correction_high=5.0)
    assert weights.tolist() == pytest.approx([0.8, 3.0, 0.0, 0.0, 1.0])


def test_masking_by_sequence():
    weights = masked(OLD_T, ENGINE_T, LENGTHS_N, correction_level="sequence", correction_low=0.5, correction_high=2.0)
    assert weights.tolist() == pytest.approx([0.0, 0.0, 1.5, 1.5, 1.5])


def test_a_correction_without_limits_removes_the_engines_bias():
    """Weighted by the ratio, tokens the engine sampled give the trainer's policy gradient, exactly, in expectation."""
    logits = torch.tensor([0.3, -0.2, 0.9, 0.1], dtype=torch.float64, requires_grad=True)
    rewards = torch.tensor([1.0, 0.0, -1.0, 0.5], dtype=torch.float64)
    trainer = torch.log_softmax(logits, 0)
    engine = torch.log_softmax(torch.tensor([-0.5, 0.4, 0.2, 0.0], dtype=torch.float64), 0)
    settings = AlgorithmSettings(correction="truncated", correction_high=1e6)
    gradient = torch.zeros(4, dtype=torch.float64)
    for token in range(4):
        micro = MicroBatch(
            torch.tensor([1]), trainer[token, None], rewards[token, None], engine_logprobs_T=engine[token, None]
        )
        loss, _ = policy_objective(settings, micro, BatchTotals(1, 1))
        gradient += engine[token].exp() * torch.autograd.grad(loss, logits, retain_graph=True)[0]
    exact = torch.autograd.grad(-(trainer.exp() * rewards).sum(), logits)[0]
    torch.testing.assert_close(gradient, exact)


def test_metrics_tell_how_much_a_correction_takes_away():
    micro = MicroBatch(LENGTHS_N, OLD_T, torch.ones(5), engine_logprobs_T=ENGINE_T)
    _, metrics = policy_objective(AlgorithmSettings(correction="masked"), micro, BatchTotals(5, 2))
    assert metrics.values()["corrected_away_fraction"] == pytest.approx(2 / 5)
    assert metrics.values()["correction_weight_mean"] == pytest.approx((0.8 + 3.0 + 1.0) / 5)


def test_the_objective_reports_the_gap_without_correcting_it():
    micro = MicroBatch(LENGTHS_N, OLD_T, torch.ones(5), engine_logprobs_T=ENGINE_T)
    _, metrics = policy_objective(AlgorithmSettings(), micro, BatchTotals(5, 2))
    difference_T, values = OLD_T - ENGINE_T, metrics.values()
    assert values["logprob_gap_mean"] == pytest.approx(difference_T.abs().mean().item())
    assert values["logprob_gap_max"] == pytest.approx(difference_T.abs().max().item())
    assert values["engine_ratio_mean"] == pytest.approx((0.8 + 3.0 + 6.0 + 0.25 + 1.0) / 5)
    assert values["correction_weight_mean"] == 1
