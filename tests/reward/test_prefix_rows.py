"""A packed row gives every text the score it has alone, and holds what texts have in common once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reward.model import RewardModel, load_reward_model
from reward.packing import fill_rows, make_row


@pytest.fixture(scope="module")
def model(random_model: str) -> RewardModel:
    torch.manual_seed(1)
    return load_reward_model(random_model)[0].eval()


@torch.no_grad()
def packed(model: RewardModel, texts: list[list[int]]) -> np.ndarray:
    row = make_row(texts)
    return model(row).numpy()


@torch.no_grad()
def alone(model: RewardModel, texts: list[list[int]]) -> np.ndarray:
    """The textbook way: one text, the ordinary mask, the classifier's own forward."""
    return np.array([float(model.classifier(torch.tensor([text])).logits[0, 0]) for text in texts])


def random_texts(count: int, seed: int) -> list[list[int]]:
    """Texts of 1 to 40 tokens over few tokens, so that many begin alike."""
    generator = np.random.default_rng(seed)
    return [generator.integers(10, 13, size=generator.integers(1, 40)).tolist() for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_the_text_alone(model: RewardModel, seed: int) -> None:
    texts = random_texts(20, seed)
    np.testing.assert_allclose(packed(model, texts), alone(model, texts), atol=1e-5)


def test_a_text_that_is_the_beginning_of_another(model: RewardModel) -> None:
    texts = [[11, 12, 13, 14], [11, 12], [11, 12, 13, 14], [11]]
    assert make_row(texts).ids_1S.tolist() == [[11, 12, 13, 14]]
    np.testing.assert_allclose(packed(model, texts), alone(model, texts), atol=1e-5)


def test_what_texts_share_stands_once() -> None:
    row = make_row([[1, 2, 3, 4], [1, 2, 5], [7]])
    assert row.ids_1S.tolist() == [[1, 2, 3, 4, 5, 7]]
    assert row.positions_1S.tolist() == [[0, 1, 2, 3, 2, 0]]
    assert row.last_N.tolist() == [3, 4, 5]


def test_rows_keep_groups_whole_and_to_their_size() -> None:
    texts = random_texts(60, seed=9)
    groups = [texts[index : index + 2] for index in range(0, 60, 2)]
    rows = fill_rows(groups, 100)
    assert sorted(index for row in rows for index in row) == list(range(30))
    sizes = [make_row([text for index in row for text in groups[index]]).ids_1S.shape[1] for row in rows]
    assert max(sizes) <= 100 and len(rows) < 30


def test_a_group_longer_than_a_row_gets_its_own() -> None:
    assert fill_rows([[[1] * 9], [[2] * 3], [[3] * 3]], 6) == [[0], [1, 2]]
