import paper_reference
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_batch import flat, random_batch, rows

from rlcode.algorithms import ADVANTAGES, AlgorithmSettings, compute_advantages
from rlcode.algorithms.advantages import whiten

EPSILON = {"grpo": 1e-4, "reinforce++": 1e-8, "reinforce++-baseline": 1e-8}
GROUP_RELATIVE = ["grpo", "dr-grpo", "rloo"]


@pytest.mark.parametrize("advantage", ADVANTAGES)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_papers_formula(advantage, seed):
    batch = random_batch(seed)
    result = compute_advantages(AlgorithmSettings(advantage=advantage), batch.rewards_N, batch.group_N, batch.lengths_N)
    nothing = [[0.0] * length for length in batch.lengths_N.tolist()]
    expected = paper_reference.advantages(
        advantage, batch.rewards_N.tolist(), batch.group_N.tolist(), nothing, epsilon=EPSILON.get(advantage)
    )
    torch.testing.assert_close(result.advantages_T, flat(expected), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
@pytest.mark.parametrize("advantage", ADVANTAGES)
def test_kl_in_the_reward_equals_the_papers_formula(advantage, estimator):
    batch = random_batch(5)
    chosen = AlgorithmSettings(advantage=advantage, kl_coefficient=0.3, kl_estimator=estimator, kl_placement="reward")
    result = compute_advantages(
        chosen, batch.rewards_N, batch.group_N, batch.lengths_N, logprobs_T=batch.old_T, ref_logprobs_T=batch.ref_T
    )
    pairs = zip(rows(batch.old_T, batch.lengths_N), rows(batch.ref_T, batch.lengths_N), strict=True)
    penalty = [[0.3 * paper_reference.kl(estimator, p, q) for p, q in zip(*pair, strict=True)] for pair in pairs]
    expected = paper_reference.advantages(
        advantage, batch.rewards_N.tolist(), batch.group_N.tolist(), penalty, epsilon=EPSILON.get(advantage)
    )
    torch.testing.assert_close(result.advantages_T, flat(expected), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99])
def test_reinforce_pp_discounts_returns(gamma):
    batch = random_batch(2)
    chosen = AlgorithmSettings(advantage="reinforce++", gamma=gamma)
    result = compute_advantages(chosen, batch.rewards_N, batch.group_N, batch.lengths_N)
    nothing = [[0.0] * length for length in batch.lengths_N.tolist()]
    expected = paper_reference.advantages(
        "reinforce++", batch.rewards_N.tolist(), batch.group_N.tolist(), nothing, epsilon=1e-8, gamma=gamma
    )
    torch.testing.assert_close(result.advantages_T, flat(expected), rtol=1e-10, atol=1e-12)


def test_the_controllers_coefficient_replaces_the_settings():
    batch = random_batch(3)
    inputs = (batch.rewards_N, batch.group_N, batch.lengths_N)
    policies = {"logprobs_T": batch.old_T, "ref_logprobs_T": batch.ref_T}

    def advantages(coefficient, **override):
        chosen = AlgorithmSettings(
            advantage="reinforce++", kl_coefficient=coefficient, kl_estimator="k1", kl_placement="reward"
        )
        return compute_advantages(chosen, *inputs, **policies, **override).advantages_T

    assert torch.equal(advantages(0.5), advantages(0.1, kl_coefficient=0.5))
    assert not torch.equal(advantages(0.5), advantages(0.1))


@pytest.mark.parametrize("advantage", ADVANTAGES)
def test_masked_samples_count_nowhere(advantage):
    batch = random_batch(4)
    keep_N = torch.tensor([True, False, True, True, True, False, True, True, True])
    chosen = AlgorithmSettings(advantage=advantage)
    rewards_N = batch.rewards_N.masked_fill(~keep_N, torch.nan)
    masked = compute_advantages(chosen, rewards_N, batch.group_N, batch.lengths_N, mask_N=keep_N)
    without = compute_advantages(chosen, batch.rewards_N[keep_N], batch.group_N[keep_N], batch.lengths_N[keep_N])
    keep_T = torch.repeat_interleave(keep_N, batch.lengths_N)
    assert torch.equal(masked.advantages_T[keep_T], without.advantages_T)
    assert torch.all(masked.advantages_T[~keep_T] == 0)


def test_a_batch_of_masked_samples_has_no_signal():
    nothing = torch.zeros(3, dtype=torch.bool)
    result = compute_advantages(
        AlgorithmSettings(), torch.full((3,), torch.nan), torch.zeros(3).long(), torch.tensor([2, 1, 3]), mask_N=nothing
    )
    assert result.advantages_T.tolist() == [0.0] * 6
    assert not result.has_signal


@pytest.mark.parametrize("advantage", [*GROUP_RELATIVE, "reinforce++-baseline"])
@given(value=st.floats(-10, 10), size=st.integers(1, 9))
@example(value=0.1, size=3)  # whose mean is not 0.1 in floating point
@settings(max_examples=30, deadline=None)
def test_equal_rewards_give_exactly_no_advantage(advantage, value, size):
    rewards_N = torch.full((size,), value, dtype=torch.float64)
    result = compute_advantages(
        AlgorithmSettings(advantage=advantage), rewards_N, torch.zeros(size).long(), torch.full((size,), 2)
    )
    assert not result.has_signal


def test_a_kl_in_the_reward_is_no_signal():
    kl = {"kl_placement": "reward", "kl_estimator": "k1", "kl_coefficient": 0.01}
    reinforce_pp = AlgorithmSettings(advantage="reinforce++", **kl)
    logprobs_T, rounding_T = torch.randn(8), 1e-3 * torch.randn(8)
    for rewards, teaches in (([0.0] * 4, False), ([1.0, 0.0, 0.0, 0.0], True)):
        result = compute_advantages(
            reinforce_pp, torch.tensor(rewards), torch.arange(4), torch.full((4,), 2),
            logprobs_T=logprobs_T, ref_logprobs_T=logprobs_T + rounding_T,
        )  # fmt: skip
        assert result.has_signal is teaches


@pytest.mark.parametrize("advantage", ADVANTAGES)
@given(order=st.permutations(range(9)))
@settings(max_examples=20, deadline=None)
def test_sample_order_does_not_matter(advantage, order):
    batch = random_batch(6)
    chosen = AlgorithmSettings(advantage=advantage)
    plain = compute_advantages(chosen, batch.rewards_N, batch.group_N, batch.lengths_N).advantages_T
    mixed = compute_advantages(chosen, batch.rewards_N[order], batch.group_N[order], batch.lengths_N[order])
    pieces = torch.split(plain, batch.lengths_N.tolist())
    torch.testing.assert_close(mixed.advantages_T, torch.cat([pieces[i] for i in order]), rtol=1e-12, atol=1e-12)


@given(
    rewards=st.lists(st.floats(-5, 5), min_size=2, max_size=12),
    gamma=st.floats(0, 1),
    lengths=st.lists(st.integers(1, 5), min_size=12, max_size=12),
)
@settings(max_examples=50, deadline=None)
def test_reinforce_pp_is_white_over_tokens(rewards, gamma, lengths):
    lengths_N = torch.tensor(lengths[: len(rewards)])
    chosen = AlgorithmSettings(advantage="reinforce++", gamma=gamma)
    groups_N = torch.arange(len(rewards))
    values = compute_advantages(chosen, torch.tensor(rewards).double(), groups_N, lengths_N).advantages_T
    assert values.mean().abs() < 1e-6
    assert values.var(correction=0) < 1 + 1e-6


def test_rewards_are_clipped_before_anything_else():
    rewards_N, group_N, lengths_N = torch.tensor([30.0, -1.0, 2.0]), torch.zeros(3).long(), torch.tensor([1, 2, 1])
    clipped = compute_advantages(AlgorithmSettings(reward_clip=10.0), rewards_N, group_N, lengths_N)
    plain = compute_advantages(AlgorithmSettings(), rewards_N.clamp(max=10), group_N, lengths_N)
    assert torch.equal(clipped.advantages_T, plain.advantages_T)


def test_a_valid_reward_that_is_not_finite_is_refused():
    rewards_N = torch.tensor([1.0, torch.nan, 0.0])
    with pytest.raises(ValueError, match=r"samples \[1\] are not finite"):
        compute_advantages(AlgorithmSettings(), rewards_N, torch.zeros(3).long(), torch.tensor([1, 1, 1]))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"group_N has shape \(2,\)"):
        compute_advantages(AlgorithmSettings(), torch.zeros(3), torch.zeros(2).long(), torch.tensor([1, 1, 1]))


def test_kl_in_the_reward_needs_both_policies():
    chosen = AlgorithmSettings(kl_coefficient=0.1, kl_estimator="k1", kl_placement="reward")
    with pytest.raises(ValueError, match="needs logprobs_T and ref_logprobs_T"):
        compute_advantages(chosen, torch.zeros(1), torch.zeros(1).long(), torch.tensor([2]), logprobs_T=torch.zeros(2))


def test_whitening_values_that_are_all_equal_gives_zeros():
    third = torch.full((7,), 1 / 3, dtype=torch.float64)  # whose mean is not exactly it
    assert torch.equal(whiten(third, 1e-8), torch.zeros_like(third))
