import pytest
import torch

from rlcode.algorithms import AlgorithmSettings, compute_advantages, learnable_samples
from rlcode.algorithms.shaping import overlong


def test_overlong_punishment_starts_in_the_buffer_and_ends_at_one():
    lengths_N = torch.tensor([10, 80, 81, 90, 100, 120])
    shaped = overlong(torch.ones(6), lengths_N, overlong_max_tokens=100, overlong_buffer_tokens=20)
    assert shaped.tolist() == pytest.approx([1.0, 1.0, 0.95, 0.5, 0.0, 0.0])


def test_advantages_see_the_shaped_reward():
    settings = AlgorithmSettings(
        advantage="dr-grpo", reward_shaping="overlong", overlong_max_tokens=4, overlong_buffer_tokens=2
    )
    result = compute_advantages(settings, torch.ones(2), torch.zeros(2).long(), torch.tensor([1, 4]))
    assert result.advantages_T.tolist() == [0.5, -0.5, -0.5, -0.5, -0.5]


def test_groups_with_equal_rewards_are_filtered():
    rewards_N = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    group_N = torch.tensor([5, 9, 5, 9, 7, 7, 3])
    keep_N = learnable_samples(rewards_N, group_N)
    assert keep_N.tolist() == [False, True, False, True, False, False, False]


def test_masked_samples_do_not_make_a_group_learnable():
    rewards_N = torch.tensor([1.0, 1.0, torch.nan, 0.0, 1.0])
    group_N = torch.tensor([0, 0, 0, 1, 1])
    mask_N = torch.tensor([True, True, False, True, True])
    assert learnable_samples(rewards_N, group_N, mask_N).tolist() == [False, False, False, True, True]


def test_a_masked_sample_of_a_learnable_group_is_not_kept():
    mask_N = torch.tensor([True, False, True])
    keep_N = learnable_samples(torch.tensor([1.0, 0.0, 0.0]), torch.zeros(3).long(), mask_N)
    assert keep_N.tolist() == [True, False, True]


def test_a_group_without_any_verdict_is_not_kept():
    mask_N = torch.tensor([False, False])
    assert not learnable_samples(torch.full((2,), torch.nan), torch.zeros(2).long(), mask_N).any()
