import pydantic
import pytest
import torch

from rlcode.algorithms import (
    CONDITIONAL_SETTINGS,
    PRESET_RUNS,
    PRESETS,
    AlgorithmSettings,
    compute_advantages,
    owners_of,
    settings_of,
)
from rlcode.algorithms.layout import to_tokens
from rlcode.algorithms.settings import CHOICES


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"advantage": "gprpo"}, "advantage is 'gprpo'.*did you mean 'grpo'"),
        ({"kl_placement": "rewards"}, "did you mean 'reward'"),
        ({"advantage": "rloo", "gamma": 0.9}, r"gamma does not belong .* only to advantage: reinforce\+\+"),
        ({"loss": "cispo", "dual_clip": 3.0}, "dual_clip does not belong .* only to loss: ppo"),
        ({"correction_high": 2.0}, "correction_high does not belong .* correction: truncated, correction: masked"),
        ({"correction": "truncated", "correction_low": 0.5}, "correction_low does not belong"),
        ({"kl_coefficient": 0.1, "kl_target": 0.1}, "kl_target does not belong .* kl_controller: adaptive"),
        ({"fixed_length_tokens": 100}, "only to aggregation: fixed-length"),
        ({"aggregation": "fixed-length"}, "aggregation: fixed-length needs fixed_length_tokens"),
        ({"reward_shaping": "overlong", "overlong_max_tokens": 9}, "overlong needs overlong_buffer_tokens"),
        ({"kl_controller": "adaptive", "kl_target": 0.1, "kl_horizon": 100}, "0 would stay 0"),
        ({"clip_low": 1.5}, r"clip_low is 1.5; it must lie in \[0.0, 1.0\]"),
        ({"advantage": "reinforce++", "gamma": float("nan")}, "gamma is nan"),
        ({"kl_coefficient": -0.1}, "kl_coefficient is -0.1"),
        ({"entropy_coefficient": float("inf")}, "entropy_coefficient is inf"),
        ({"dual_clip": 1.0}, "dual_clip is 1.0"),
        ({"aggregation": "fixed-length", "fixed_length_tokens": 10**400}, "fixed_length_tokens is 1000"),
        ({"clip_low": "much"}, r"clip_low\n.*valid number"),
        ({"loss": None}, r"loss\n.*valid string"),
        ({"clip": 0.2}, r"clip\n.*unexpected"),
        ({"advantage": "reinforce++", "gamma": 0.9, "ratio": "sequence"}, "gives each token its own advantage"),
        (
            {"reward_shaping": "overlong", "overlong_max_tokens": 9, "overlong_buffer_tokens": 10},
            r"overlong_buffer_tokens \(10\) is larger than overlong_max_tokens \(9\)",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        AlgorithmSettings(**values)


def test_a_kl_that_does_not_hold_the_policy_is_allowed_with_a_caution():
    cautioned = {
        (placement, estimator)
        for placement in ("reward", "loss", "weighted-loss")
        for estimator in ("k1", "k2", "k3")
        if AlgorithmSettings(kl_coefficient=0.1, kl_placement=placement, kl_estimator=estimator).caution
    }
    assert cautioned == {("reward", "k2"), ("reward", "k3"), ("loss", "k1")}
    assert not AlgorithmSettings(kl_placement="loss", kl_estimator="k1").caution  # no coefficient, no KL


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_say_where_they_run(name):
    AlgorithmSettings(**PRESETS[name])
    assert PRESET_RUNS[name]["learning_rate"] > 0


def test_presets_differ_where_their_sources_do():
    rule, kodcode, dapo = (AlgorithmSettings(**PRESETS[name]) for name in ("acecoder-rule", "kodcode-grpo", "dapo"))
    assert rule.kl_in_reward and not rule.kl_in_loss
    assert kodcode.kl_in_loss and not kodcode.kl_in_reward
    assert not dapo.needs_reference


def test_settings_belong_to_the_algorithms_whose_functions_take_them():
    assert settings_of("aggregation", "fixed-length") == {"fixed_length_tokens": True}
    assert settings_of("loss", "cispo") == {"clip_low": False, "clip_high": False}
    assert owners_of("gamma") == [("advantage", "reinforce++"), ("advantage", "reinforce++-baseline")]
    assert owners_of("kl_coefficient") == []


def test_every_parameter_of_every_algorithm_can_be_set():
    parameters = {key for choice, table in CHOICES.items() for name in table for key in settings_of(choice, name)}
    assert parameters == set(CONDITIONAL_SETTINGS)


def test_a_new_algorithm_is_a_function_and_a_line(monkeypatch):
    def sign_of_reward(batch):
        return to_tokens(batch.rewards_N.sign(), batch.lengths_N)

    monkeypatch.setitem(CHOICES["advantage"], "sign", sign_of_reward)
    settings = AlgorithmSettings(advantage="sign")
    result = compute_advantages(settings, torch.tensor([3.0, -2.0]), torch.zeros(2).long(), torch.tensor([1, 2]))
    assert result.advantages_T.tolist() == [1.0, -1.0, -1.0]


def test_as_a_pydantic_field_unknown_keys_and_wrong_types_are_refused():
    class Config(pydantic.BaseModel):
        algorithm: AlgorithmSettings

    assert Config.model_validate({"algorithm": PRESETS["dapo"]}).algorithm == AlgorithmSettings(**PRESETS["dapo"])
    for wrong in ({"advantag": "grpo"}, {"kl_coefficient": "much"}, {"advantage": "rlo"}):
        with pytest.raises(pydantic.ValidationError):
            Config.model_validate({"algorithm": wrong})
