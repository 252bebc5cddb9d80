"""Attention in blocks against that over the whole row with its mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reward.attention import in_blocks, mask
from reward.model import RewardModel, load_reward_model
from reward.packing import Row, make_row


@pytest.fixture(scope="module")
def model(random_model: str) -> RewardModel:
    torch.manual_seed(1)
    return load_reward_model(random_model)[0].eval()


@pytest.fixture(scope="module")
def row() -> Row:
    """Thirty texts that begin alike, of 1 to 60 tokens."""
    random = np.random.default_rng(4)
    return make_row([[7, 8, 9, *random.integers(10, 14, random.integers(1, 60)).tolist()] for _ in range(30)])


CPU = torch.device("cpu")


def whole_row(model: RewardModel, row: Row) -> dict[str, torch.Tensor]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("reward.model.in_blocks", mask)
        return gradients(model, row)


def gradients(model: RewardModel, row: Row) -> dict[str, torch.Tensor]:
    model.zero_grad()
    scores_N = model(row)
    (scores_N * torch.linspace(-1, 1, len(scores_N))).sum().backward()
    found = {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}
    return found | {"scores": scores_N.detach()}


def test_values_and_gradients_are_those_of_the_whole_row(model: RewardModel, row: Row) -> None:
    assert len(in_blocks(row.parts, CPU).blocks.biases_QK) > 3  # type: ignore[attr-defined]
    whole = whole_row(model, row)
    blocks = gradients(model, row)
    assert blocks.keys() == whole.keys()
    for name, expected in whole.items():
        torch.testing.assert_close(blocks[name], expected, atol=2e-5, rtol=1e-4)


def test_in_bfloat16_gradients_are_as_near_to_the_exact_ones_as_those_of_the_whole_row(
    model: RewardModel, row: Row
) -> None:
    exact = whole_row(model, row)
    with torch.autocast("cpu", torch.bfloat16):
        blocks, whole = gradients(model, row), whole_row(model, row)
    assert not torch.equal(blocks["scores"], exact["scores"])
    error, usual = (
        sum((found[name] - expected).norm() for name, expected in exact.items()) for found in (blocks, whole)
    )
    assert error <= 1.1 * usual


def test_a_long_text_keeps_no_scores_for_the_backward_pass(model: RewardModel) -> None:
    """What grew with the square of the length would fill the memory."""
    long = make_row([np.random.default_rng(5).integers(10, 900, 1500).tolist()])
    kept: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor.numel()) or tensor, lambda t: t):
        model(long)
    (largest,) = {numel for numel in kept if numel >= 1500 * 1500}
    assert largest == 1500 * 1500  # the mask, for all heads and layers the same one
    whole = whole_row(model, long)
    for name, expected in gradients(model, long).items():
        torch.testing.assert_close(expected, whole[name], atol=2e-5, rtol=1e-4)


def test_a_row_holds_nothing_that_grows_with_its_square(row: Row) -> None:
    """An update holds all of its rows at once."""
    size = row.ids_1S.shape[1]
    assert max(value.numel() for value in vars(row).values() if isinstance(value, torch.Tensor)) == size


def test_a_saved_model_knows_nothing_of_it(model: RewardModel, tmp_path: Path) -> None:
    model.classifier.save_pretrained(tmp_path)
    assert "rlcode" not in (tmp_path / "config.json").read_text()
