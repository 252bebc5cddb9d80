import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcode.report.comparison import compare
from rlcode.report.parting import parting_warning


def evaluation(step: int, rates: list[float], samples: int = 100) -> dict:
    problems = {
        f"p{index:03d}": {"passed": round(rate * samples), "samples": samples} for index, rate in enumerate(rates)
    }
    share = float(np.mean(rates))
    return {"step": step, "name": "bench", "pass@1": share, "ci_low": share, "ci_high": share, "problems": problems}


def test_the_interval_of_the_difference_is_the_paired_one() -> None:
    source = np.random.default_rng(1)
    before = np.round(source.uniform(0.1, 0.6, 150), 2)
    gain = np.round(source.normal(0.1, 0.1, 150), 2)
    compared = compare(evaluation(0, list(before)), evaluation(9, list(before + gain)))
    assert compared is not None
    half_width = 1.96 * gain.std(ddof=1) / np.sqrt(150)
    assert compared.difference.value == pytest.approx(gain.mean(), abs=1e-9)
    assert compared.difference.low == pytest.approx(gain.mean() - half_width, abs=0.1 * half_width)
    assert compared.difference.high == pytest.approx(gain.mean() + half_width, abs=0.1 * half_width)


def test_problems_are_sorted_by_gain_and_counted() -> None:
    compared = compare(evaluation(0, [0.5, 0.5, 0.2, 0.0]), evaluation(9, [0.1, 0.5, 0.4, 1.0]))
    assert compared is not None
    assert [change.problem_id for change in compared.problems] == ["p003", "p002", "p001", "p000"]
    assert (compared.count(1), compared.count(0), compared.count(-1)) == (2, 1, 1)


def test_problems_without_samples_are_left_out() -> None:
    before, after = evaluation(0, [0.0, 0.0]), evaluation(9, [1.0, 1.0])
    after["problems"]["p001"] = {"passed": 0, "samples": 0}
    compared = compare(before, after)
    assert compared is not None
    assert [change.problem_id for change in compared.problems] == ["p000"]


def test_evaluations_of_different_problems_are_not_compared() -> None:
    after = evaluation(9, [1.0])
    after["problems"] = {"other": {"passed": 1, "samples": 1}}
    assert compare(evaluation(0, [0.0]), after) is None


def rows(reward: np.ndarray, pass_rate: np.ndarray) -> list[dict]:
    pairs = zip(reward, pass_rate, strict=True)
    return [{"step": step, "reward/mean": r, "pass_rate/train": p} for step, (r, p) in enumerate(pairs, start=1)]


def test_a_reward_that_rises_while_programs_fail_is_warned_about() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (2, 30))
    warning = parting_warning(rows(np.linspace(0.2, 0.9, 30) + noise[0], np.linspace(0.3, 0.1, 30) + noise[1]))
    assert warning is not None
    assert re.search(r"from step 1 to 30 the reward rose by 0\.\d+ while the pass rate changed by -\d", warning)


def test_a_reward_that_parts_late_is_warned_about() -> None:
    reward = np.linspace(0.1, 0.9, 40)
    pass_rate = np.concatenate([np.linspace(0.1, 0.6, 20), np.linspace(0.6, 0.4, 20)])
    warning = parting_warning(rows(reward, pass_rate))
    assert warning is not None and "from step 21 to 40" in warning


def test_a_reward_model_that_is_pleased_while_programs_fail_is_warned_about() -> None:
    """The reward made from its score is normalised by the running mean, so it stays where it is."""
    found = [row | {"reward/model_score": 0.1 * row["step"]} for row in rows(np.zeros(30), np.linspace(0.5, 0.2, 30))]
    warning = parting_warning(found)
    assert warning is not None and "from step 1 to 30 the reward model's score rose by 2.900" in warning


@given(st.lists(st.floats(0, 1), min_size=0, max_size=60))
def test_a_reward_that_is_the_pass_rate_never_parts_from_it(values: list[float]) -> None:
    assert parting_warning(rows(np.array(values), np.array(values))) is None
