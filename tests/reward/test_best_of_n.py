"""Best of n against counting every draw."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.best_of_n import ScoredProblem, best_of_n, best_of_ns, expected_best


def by_counting(scores: list[float], values: list[bool], n: int) -> float:
    """Every draw of n; among equal best scores each is taken with the same chance."""
    draws = list(itertools.combinations(range(len(scores)), n))
    total = 0.0
    for draw in draws:
        top = max(scores[index] for index in draw)
        best = [index for index in draw if scores[index] == top]
        total += sum(values[index] for index in best) / len(best)
    return total / len(draws)


samples_and_n = st.lists(
    st.tuples(st.sampled_from([-np.inf, -1.0, 0.5, 2.0, 3.0]), st.booleans()), min_size=1, max_size=8
).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(1, len(rows))))


@given(samples_and_n)
def test_it_is_the_mean_over_all_draws(case: tuple[list[tuple[float, bool]], int]) -> None:
    rows, n = case
    scores, values = map(list, zip(*rows, strict=True))
    assert expected_best(np.array(scores), np.array(values), n) == pytest.approx(by_counting(scores, values, n))


def problem(scores: list[float], passed: list[int], greedy: bool | None = None) -> ScoredProblem:
    return ScoredProblem("p", np.array(scores), np.array(passed), greedy)


def test_a_score_that_knows_is_the_oracle_and_one_that_knows_nothing_the_average() -> None:
    passed = [1, 0, 0, 1, 0, 0, 0, 0]
    knows, knows_not = problem([float(item) for item in passed], passed), problem([0.0] * 8, passed)
    for n in (1, 3, 8):
        row = best_of_n([knows, knows_not], n)
        assert best_of_n([knows], n).reward_model.value == pytest.approx(best_of_n([knows], n).oracle.value)
        assert best_of_n([knows_not], n).reward_model.value == pytest.approx(0.25)
        assert row.average.value == 0.25
        assert row.gain_over_average.value == pytest.approx(row.reward_model.value - 0.25)


def test_the_gain_over_greedy_is_taken_problem_by_problem() -> None:
    """Both answers fail on the same problems: the shares are uncertain, their difference is not."""
    problems = [problem([1.0, 0.0], [solved, 0], greedy=bool(solved)) for solved in (0, 1) * 20]
    row = best_of_n(problems, 2)
    assert row.greedy is not None and row.gain_over_greedy is not None
    assert row.greedy.low < 0.5 < row.greedy.high
    assert (row.gain_over_greedy.low, row.gain_over_greedy.high) == (0, 0)


def test_without_greedy_programs_there_is_no_greedy_column() -> None:
    row = best_of_n([problem([1.0], [1], greedy=True), problem([1.0], [1])], 1)
    assert row.greedy is None and row.gain_over_greedy is None


def test_n_is_capped_to_the_problem_with_the_fewest_samples() -> None:
    problems = [problem([0.0] * 8, [1] * 8), problem([0.0] * 5, [0] * 5)]
    assert [row.n for row in best_of_ns(problems, (2, 4, 16, 64))] == [2, 4, 5]
