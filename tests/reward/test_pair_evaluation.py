"""Figures on held-out pairs, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reward.pair_evaluation import evaluate_pairs
from reward.schema import Pair


def pair(problem: str, margin: float) -> Pair:
    return Pair("", chosen="", rejected="", problem_id=problem, chosen_pass_rate=1.0, rejected_pass_rate=1.0 - margin)


def test_accuracy_by_margin() -> None:
    pairs = [pair("a", 0.4), pair("a", 0.5), pair("b", 0.9), pair("b", 1.0)]
    result = evaluate_pairs(pairs, np.array([1.0, 0.0, 3.0, 2.0]), np.array([0.0, 1.0, 0.0, 0.0]))
    assert result.accuracy.value == 0.75 and (result.pairs, result.problems) == (4, 2)
    found = [(item.above, item.up_to, item.pairs, item.accuracy.value) for item in result.by_margin]
    assert found == [(0.2, 0.4, 1, 1.0), (0.4, 0.6, 1, 0.0), (0.8, 1.0, 2, 1.0)]


def test_equal_scores_are_wrong() -> None:
    assert evaluate_pairs([pair("a", 0.5)], np.zeros(1), np.zeros(1)).accuracy.value == 0.0


def test_calibration_of_a_model_that_is_too_sure() -> None:
    """It gives 0.95 to what is right half of the time."""
    difference = np.log(0.95 / 0.05) * np.array([1.0, -1.0, 1.0, -1.0])
    result = evaluate_pairs([pair(str(index), 0.5) for index in range(4)], difference, np.zeros(4))
    assert [(item.pairs, item.observed.value) for item in result.calibration] == [(4, 0.5)]
    assert result.calibration_error == pytest.approx(0.45)
    assert result.loss == pytest.approx((np.log(1 / 0.95) + np.log(1 / 0.05)) / 2)


def test_the_interval_is_over_problems() -> None:
    """100 pairs of two problems, one all right and one all wrong, are no more certain than two pairs."""
    pairs = [pair("right" if index < 50 else "wrong", 0.5) for index in range(100)]
    result = evaluate_pairs(pairs, np.where(np.arange(100) < 50, 1.0, -1.0), np.zeros(100))
    assert (result.accuracy.low, result.accuracy.value, result.accuracy.high) == (0.0, 0.5, 1.0)
