"""The order of problems: a position alone says what comes next."""

from __future__ import annotations

import pytest

from rlcode.sampler import ProblemOrder


def test_every_epoch_has_every_problem_once() -> None:
    order = ProblemOrder("abcdefg", seed=3)
    for epoch in range(4):
        assert sorted(order.take(7 * epoch, 7)) == list("abcdefg")


def test_epochs_come_in_different_orders() -> None:
    order = ProblemOrder(range(50), seed=0)
    assert order.take(0, 50) != order.take(50, 50)


def test_the_order_depends_on_the_seed_alone() -> None:
    assert ProblemOrder(range(50), seed=1).take(0, 120) == ProblemOrder(range(50), seed=1).take(0, 120)
    assert ProblemOrder(range(50), seed=1).take(0, 120) != ProblemOrder(range(50), seed=2).take(0, 120)


def test_a_run_goes_on_where_it_stopped() -> None:
    whole = ProblemOrder(range(11), seed=5).take(0, 60)
    for stop in (0, 1, 10, 11, 12, 37):
        assert ProblemOrder(range(11), seed=5).take(stop, 60 - stop) == whole[stop:]


def test_a_batch_may_span_two_epochs() -> None:
    order = ProblemOrder("abc", seed=0)
    assert sorted(order.take(2, 4)[1:]) == list("abc")


def test_more_prompts_a_step_than_problems() -> None:
    assert sorted(ProblemOrder("ab", seed=0).take(0, 6)) == list("aaabbb")


def test_no_problems_is_an_error() -> None:
    with pytest.raises(ValueError, match="no problems"):
        ProblemOrder([], seed=0)
