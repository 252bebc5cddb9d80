"""Rewards as weighted sums of terms, and the normalisation of a reward model's scores."""

from __future__ import annotations

import numpy as np
import pytest

from reward.normalise import RunningNormaliser
from reward.settings import ConfigError, parse_config
from rlcode.collect import Judged
from rlcode.config import RewardConfig
from rlcode.data import Rollout
from rlcode.rewarding import Rewarder
from sandbox import Verdict

PROGRAM = "def f():\n    return 1\n"


def judged(
    pass_rate: float | None = 1.0, score: float | None = None, program: str = PROGRAM, finish_reason: str = "stop"
) -> Judged:
    """One judged program; without a pass rate the judge had failed."""
    outcome = "infra_error" if pass_rate is None else "passed" if pass_rate == 1 else "failed"
    verdict = Verdict(outcome, [], pass_rate, cpu_seconds=0, wall_seconds=0, test_set="x", message="")
    rollout = Rollout("p", 0, [1], [2], [-1.0], 0, finish_reason, program)
    return Judged(rollout, program, verdict, score)


def rewarder(*terms: dict, state: dict | None = None) -> Rewarder:
    return Rewarder(parse_config(RewardConfig, {"terms": list(terms)}, "test"), state)


def model_term(**changes: object) -> dict:
    return {"kind": "model", "model": "some/model"} | changes


def test_without_settings_the_reward_is_whether_every_test_passes() -> None:
    found = Rewarder(RewardConfig()).rewards([judged(1.0), judged(0.9)])
    assert found == [(1.0, {"binary": 1.0}), (0.0, {"binary": 0.0})]


def test_terms_are_added_by_their_weights() -> None:
    both = rewarder({"kind": "pass_rate", "weight": 2}, {"kind": "format", "weight": 0.5})
    ((reward, terms),) = both.rewards([judged(0.25)])
    assert reward == pytest.approx(2 * 0.25 + 0.5) and terms == {"pass_rate": 0.25, "format": 1.0}


@pytest.mark.parametrize(
    ("program", "finish_reason", "value"),
    [
        (PROGRAM, "stop", 1.0),
        (PROGRAM, "length", 0.0),
        ("def f(:", "stop", 0.0),
        ("", "stop", 0.0),
        ("x = '\\d'\n", "stop", 1.0),
        ("(" * 5000, "stop", 0.0),
        ("x = 1\0", "stop", 0.0),
    ],
)
def test_the_format_is_right_for_whole_programs(program: str, finish_reason: str, value: float) -> None:
    ((reward, _),) = rewarder({"kind": "format"}).rewards([judged(program=program, finish_reason=finish_reason)])
    assert reward == value


def test_a_program_without_a_verdict_has_no_reward() -> None:
    assert rewarder(model_term()).rewards([judged(None, score=3.0)]) == [(None, {})]


def test_scores_are_normalised_by_all_there_were() -> None:
    """After two steps: by mean and deviation of the four scores together."""
    with_model = rewarder(model_term())
    with_model.rewards([judged(score=1.0), judged(score=2.0)])
    found = with_model.rewards([judged(score=6.0), judged(score=7.0)])
    scores = np.array([1.0, 2.0, 6.0, 7.0])
    expected = (scores - scores.mean()) / scores.std()
    assert [reward for reward, _ in found] == pytest.approx(expected[2:].tolist())


def test_normalisation_goes_on_from_a_checkpoint() -> None:
    whole, first = rewarder(model_term()), rewarder(model_term())
    for each in (whole, first):
        each.rewards([judged(score=1.0), judged(score=4.0)])
    resumed = rewarder(model_term(), state=first.state_dict())
    step = [judged(score=2.0), judged(score=9.0)]
    assert resumed.rewards(step) == whole.rewards(step)


def test_scores_are_clipped() -> None:
    plain = rewarder(model_term(normalise=False, clip=2.0, weight=0.5))
    found = [reward for reward, _ in plain.rewards([judged(score=9.0), judged(score=-9.0), judged(score=0.5)])]
    assert found == [1.0, -1.0, 0.25]


def test_an_answer_without_a_program_gets_the_least() -> None:
    """And does not move the mean by which the others are normalised."""
    scores = [judged(score=100.0, program=" "), judged(score=1.0), judged(score=3.0)]
    assert [reward for reward, _ in rewarder(model_term(clip=4)).rewards(scores)] == pytest.approx([-4.0, -1.0, 1.0])


def test_equal_scores_are_worth_nothing() -> None:
    assert [reward for reward, _ in rewarder(model_term()).rewards([judged(score=2.0)] * 3)] == [0.0] * 3


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_the_running_variance_is_that_of_all_values(parts: int) -> None:
    values = np.random.default_rng(0).normal(1e3, 2.0, 70)
    normaliser = RunningNormaliser()
    for part in np.split(values, parts):
        normaliser.update(part.tolist())
    assert normaliser(values[3]) == pytest.approx((values[3] - values.mean()) / values.std(), abs=1e-9)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([{"kind": "model"}], "kind: model needs `model`"),
        ([{"kind": "binary", "model": "m"}], "`model` is for kind: model"),
        ([{"kind": "binary"}, {"kind": "binary"}], "binary stands there twice"),
        ([], "at least 1"),
        ([{"kind": "binary", "wieght": 2}], "did you mean"),
    ],
)
def test_terms_that_make_no_sense(terms: list[dict], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rewarder(*terms)
