"""Every config in configs/ is one its command accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from reward.settings import load_config
from reward.train_settings import RewardTrainConfig
from rlcode.algorithms import PRESETS
from rlcode.algorithms.presets import PRESET_RUNS
from rlcode.config import AceCoderConfig, BestOfNConfig, EvalConfig, GrowConfig, PairsConfig, SampleConfig, TrainConfig
from rlcode.recipe import stages
from rlcode.synthesis.settings import SynthConfig

CONFIGS = Path(__file__).parents[1] / "configs"
PUBLISHED = ("acecoder-rule", "acecoder-rm", "kodcode-grpo")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_config_loads(path: Path) -> None:
    kinds = {
        "acecoder-quickstart": AceCoderConfig,
        "best-of-n": BestOfNConfig,
        "eval": EvalConfig,
        "grow": GrowConfig,
        "pairs": PairsConfig,
        "reward-model": RewardTrainConfig,
        "sample": SampleConfig,
        "synth": SynthConfig,
        "synth-kodcode": SynthConfig,
    }
    config = load_config(kinds.get(path.stem, TrainConfig), path)
    assert config.output_dir.parts[0] == "runs"


def test_every_stage_of_the_recipe_has_settings_its_command_accepts() -> None:
    planned = stages(load_config(AceCoderConfig, CONFIGS / "acecoder-quickstart.yaml"))
    assert [stage.command for stage in planned] == ["sample", "pairs", "rm", "best-of-n", "train", "train"]
    by_model, by_tests = planned[-2].config, planned[-1].config
    assert by_model.reward.model == str(planned[2].folder / "model")
    assert {name for name, value in by_model if value != getattr(by_tests, name)} == {"output_dir", "reward"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_recipe_has_the_sizes_its_source_gives(name: str) -> None:
    config, run = load_config(TrainConfig, CONFIGS / f"{name}.yaml"), PRESET_RUNS[name]

    rollout, policy = config.rollout, config.policy
    assert rollout.prompts_per_step == run["prompts_per_step"]
    assert rollout.samples_per_prompt == run["samples_per_prompt"]
    assert rollout.prompts_per_step * rollout.samples_per_prompt // policy.updates_per_step == run["samples_per_update"]
    assert policy.learning_rate == run["learning_rate"]
    assert config.max_prompt_tokens == run["max_prompt_tokens"]
    assert rollout.max_new_tokens == run["max_completion_tokens"]
    assert config.algorithm.kl_coefficient == PRESETS[name]["kl_coefficient"]
