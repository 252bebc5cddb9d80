"""pass@k and its intervals, against counting by hand."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.statistics import bootstrap_mean, pass_at_k
from rlcode.evaluate import summarise
from rlcode.step_log import RunStopped


def by_counting(samples: int, passed: int, k: int) -> float:
    """Every way to draw k of the samples."""
    draws = list(itertools.combinations([True] * passed + [False] * (samples - passed), k))
    return sum(any(draw) for draw in draws) / len(draws)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_draws_with_a_pass(numbers: tuple[int, int, int]) -> None:
    assert pass_at_k(*numbers) == pytest.approx(by_counting(*numbers))


def test_pass_at_k_is_unbiased() -> None:
    """Drawn again and again, its mean is the chance that one of k fresh samples passes."""
    random, chance, k = np.random.default_rng(0), 0.2, 4
    estimates = [pass_at_k(10, passed, k) for passed in random.binomial(10, chance, 20_000)]
    assert np.mean(estimates) == pytest.approx(1 - (1 - chance) ** k, abs=0.01)


def counts(*rows: tuple[int, int]) -> dict[str, dict[str, int]]:
    return {f"p{number}": {"passed": passed, "samples": samples} for number, (passed, samples) in enumerate(rows)}


def test_problems_count_alike() -> None:
    result = summarise(counts((4, 4), (0, 4), (0, 4), (2, 4)))
    assert result.pass_at[1] == pytest.approx((1 + 0 + 0 + 0.5) / 4)
    assert set(result.pass_at) == {1, 2, 4}
    assert result.pass_at[4] == pytest.approx(0.5)


def test_an_interval_over_many_problems_needs_little_memory() -> None:
    tracemalloc.start()
    estimate = bootstrap_mean(np.arange(4000) % 2.0)
    peak_mb = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert estimate.value == 0.5 and estimate.low == pytest.approx(0.5 - 1.96 * 0.5 / 4000**0.5, abs=2e-3)
    assert peak_mb < 200


def test_problems_without_a_verdict_are_left_out() -> None:
    assert summarise(counts((1, 1), (0, 0), (0, 1)), infra_errors=1).pass_at[1] == pytest.approx(0.5)


def test_k_is_bounded_by_the_problem_with_the_fewest_verdicts() -> None:
    assert set(summarise(counts((1, 8), (1, 3))).pass_at) == {1, 2}


def test_no_verdict_at_all_is_an_error() -> None:
    with pytest.raises(RunStopped, match="no program could be judged"):
        summarise(counts((0, 0), (0, 0)))


def test_the_interval_is_as_wide_as_it_should_be() -> None:
    """With many problems the bootstrap agrees with the normal approximation."""
    rates = np.random.default_rng(1).integers(0, 5, 400)
    result = summarise(counts(*((int(rate), 4) for rate in rates)))
    low, high = result.interval[1]
    half_width = 1.96 * np.std(rates / 4) / np.sqrt(400)
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.05)
    assert (high + low) / 2 == pytest.approx(result.pass_at[1], abs=0.005)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random, truth, hits = np.random.default_rng(2), 0.3, 0
    for _ in range(200):
        low, high = summarise(counts(*((int(passed), 1) for passed in random.random(80) < truth))).interval[1]
        hits += low <= truth <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_the_row_for_the_run_folder() -> None:
    row = summarise(counts((1, 2), (0, 2))).to_dict()
    assert row["pass@1"] == 0.25 and row["pass@2"] == 0.5
    assert row["ci_low"] <= 0.25 <= row["ci_high"]
    assert row["problems"]["p0"] == {"passed": 1, "samples": 2}
