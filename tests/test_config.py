"""Configs are right or refused, with the key, the value and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from reward.settings import ConfigError, dump_config, load_config, parse_config
from rlcode.algorithms import PRESETS, AlgorithmSettings
from rlcode.config import TrainConfig

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


def train(**values: object) -> TrainConfig:
    return parse_config(TrainConfig, {"output_dir": "runs/x", **values}, "test.yaml")


def refusal(**values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        train(**values)
    return str(caught.value)


def test_there_are_configs_to_ship() -> None:
    assert "quickstart.yaml" in [path.name for path in CONFIGS]


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        ({"sead": 1}, "seed"),
        ({"rollout": {"temprature": 1.0}}, "rollout.temperature"),
        ({"temperature": 1.0}, "rollout.temperature"),
        ({"policy": {"lr": 1e-6, "learning_rat": 1e-6}}, "policy.learning_rate"),
        ({"judge": {"limits": {"memory": 1}}}, "judge.limits.memory_mb"),
        ({"algorithm": {"kl_coeficient": 0.1}}, "algorithm.kl_coefficient"),
    ],
)
def test_an_unknown_key_names_the_one_that_is_meant(values: dict, meant: str) -> None:
    message = refusal(**values)
    assert f"did you mean {meant}?" in message
    assert message.startswith("test.yaml: unknown key ")


def test_every_mistake_is_reported_at_once() -> None:
    message = refusal(sead=1, steps=0, rollout={"top_p": 2})
    assert len(message.splitlines()) == 3
    assert "steps" in message and "given: 0" in message and "rollout.top_p" in message


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="key output_dir is missing"):
        parse_config(TrainConfig, {}, "test.yaml")


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ({"rollout": {"prompts_per_step": 8}, "policy": {"updates_per_step": 3}}, ("(8)", "(3)")),
        (
            {"rollout": {"prompts_per_step": 2, "samples_per_prompt": 2}, "policy": {"workers": 5}},
            ("(5)", "4 samples"),
        ),
        ({"local": True, "policy": {"workers": 2}}, ("local", "policy.workers")),
        ({"rollout": {"temperature": 0}}, ("rollout.temperature", "0")),
        ({"evaluation": [{"problems": "humaneval", "samples": 3}]}, ("temperature is 0", "3 samples")),
        ({"rollout": {"top_p": 0.9}}, ("rollout.top_p", "1")),
        ({"rollout": {"samples_per_prompt": 1}}, ("rollout.samples_per_prompt is 1", "2 or more")),
    ],
)
def test_sizes_that_do_not_fit_together_are_refused_with_the_numbers(values: dict, numbers: tuple[str, ...]) -> None:
    message = refusal(**values)
    assert all(number in message for number in numbers)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"reward": {"terms": [{"kind": "binary", "weight": float("nan")}]}}, "reward.terms.0.weight"),
        ({"policy": {"learning_rate": float("inf")}}, "policy.learning_rate"),
        ({"judge": {"deadline_seconds": float("inf")}}, "judge.deadline_seconds"),
        ({"policy": {"adam_betas": [0.9, 1.0]}}, "policy.adam_betas.1"),
        ({"policy": {"adam_betas": [-0.1, 0.9]}}, "policy.adam_betas.0"),
        ({"algorithm": {"preset": ["dapo"]}}, "algorithm.preset"),
        ({"prompt": {"template": "Solve this."}}, "prompt.template"),
        ({"rollout": {"stop": ["```", ""]}}, "rollout.stop.1"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**40}, "seed"),
    ],
)
def test_a_value_that_no_run_can_use_is_refused_with_its_key(values: dict, key: str) -> None:
    assert refusal(**values).startswith(f"test.yaml: {key}")


def test_a_file_with_a_key_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("output_dir: x\nrollout: {temperature: 0.7}\nseed: 1\nrollout: {max_new_tokens: 9}\n")
    with pytest.raises(ConfigError, match=r"job\.yaml .*key rollout is there twice(.|\n)*line 4"):
        load_config(TrainConfig, path)
    path.write_text("output_dir: x\nrollout: {temperature: 0.7}\njudge: {slots: 1}\n")
    assert load_config(TrainConfig, path).rollout.temperature == 0.7


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(TrainConfig, tmp_path)


def test_stale_weights_need_a_correction() -> None:
    assert "algorithm.correction" in refusal(staleness=1)
    assert train(staleness=1, algorithm={"correction": "truncated"}).staleness == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rollout": {"weight_transfer": "broadcast"}, "local": True}, "local: true has only one"),
        ({"rollout": {"weight_transfer": "broadcast", "gpus_per_worker": 1}}, "set gpus_per_worker to 1 in both"),
        ({"rollout": {"tensor_parallel": 2, "gpus_per_worker": 0.5}}, "set gpus_per_worker to 1, it is 0.5"),
        ({"policy": {"workers": 2, "gpus_per_worker": 0.5}}, "would put several of 2 ranks on one GPU"),
        ({"rollout": {"weight_transfer": "cuda_ipc"}}, "share their GPUs with the policy"),
    ],
)
def test_placements_and_weight_transfers_that_cannot_be_are_refused_at_once(values: dict, said: str) -> None:
    assert said in refusal(**values)


def deepspeed(**values: object) -> dict:
    return {"policy": {"deepspeed": {"zero_optimization": {"stage": 2}, **values}}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (deepspeed(optimizer={"type": "Adam"}), ("optimizer", "policy.learning_rate")),
        (deepspeed(bf16={"enabled": True}), ("bf16", "policy.bf16")),
        (deepspeed(train_batch_size=8), ("train_batch_size", "rollout.prompts_per_step")),
        (deepspeed(gradient_clipping=0.5), ("gradient_clipping", "policy.gradient_clip")),
        (deepspeed(zero_optimization={"stage": 0}), ("stage is 0", "leave deepspeed out")),
        (deepspeed(zero_optimization={}), ("stage is None",)),
        ({"policy": {"deepspeed": "nowhere.json"}}, ("nowhere.json",)),
    ],
)
def test_a_deepspeed_configuration_that_contradicts_the_rest_is_refused(values: dict, said: tuple[str, ...]) -> None:
    message = refusal(**values)
    assert all(words in message for words in ("policy.deepspeed", *said)), message


def test_a_deepspeed_file_of_another_trainer_is_taken_with_its_auto_values(tmp_path: Path) -> None:
    path = tmp_path / "zero3.json"
    path.write_text(
        '{"train_batch_size": "auto", "bf16": "auto", '
        '"zero_optimization": {"stage": 3, "reduce_bucket_size": "auto", "offload_param": {"device": "cpu"}}}'
    )
    config = train(policy={"deepspeed": str(path)})
    assert config.policy.deepspeed == {"zero_optimization": {"stage": 3, "offload_param": {"device": "cpu"}}}


def test_sections_that_leave_everything_open_are_left_out() -> None:
    adamw = {"type": "AdamW", "params": {"lr": "auto", "betas": "auto", "eps": "auto", "weight_decay": "auto"}}
    given = deepspeed(bf16={"enabled": "auto"}, fp16={"enabled": "auto", "loss_scale": 0}, amp={"enabled": False},
                      optimizer=adamw)  # fmt: skip
    config = train(**given)
    assert config.policy.deepspeed is not None and {*config.policy.deepspeed} == {"zero_optimization"}


def test_an_overlong_punishment_that_no_completion_can_reach_is_refused() -> None:
    message = refusal(algorithm={"preset": "dapo"}, rollout={"max_new_tokens": 512})
    assert "above 16384 tokens" in message and "max_new_tokens is 512" in message


def test_presets_are_the_start_of_the_algorithms_settings() -> None:
    config = train(algorithm={"preset": "kodcode-grpo", "kl_coefficient": 0.5})
    assert config.algorithm.advantage == "grpo"
    assert config.algorithm.clip_low == 0.2
    assert config.algorithm.kl_coefficient == 0.5


def test_a_preset_on_the_command_line_replaces_what_the_file_says_of_the_algorithm(tmp_path: Path) -> None:
    path = write(tmp_path, "output_dir: runs/x\nalgorithm: {advantage: grpo, kl_coefficient: 0.01}\n")
    config = load_config(TrainConfig, path, ["algorithm.clip_low=0.1", "algorithm.preset=reinforce++"])
    assert config.algorithm.kl_placement == "reward"
    assert config.algorithm == AlgorithmSettings(**{**PRESETS["reinforce++"], "clip_low": 0.1})


def test_an_unknown_preset_lists_the_known_ones() -> None:
    assert "acecoder-rule" in refusal(algorithm={"preset": "acecoder"})


def test_an_algorithm_setting_that_has_no_use_is_refused() -> None:
    assert "kl_target does not belong" in refusal(algorithm={"kl_target": 0.1})


@pytest.mark.parametrize("preset", ["acecoder-rule", "acecoder-rm", "kodcode-grpo", "dapo", "reinforce++"])
def test_a_resolved_config_reads_back_as_itself(preset: str, tmp_path: Path) -> None:
    rollout = {"max_new_tokens": 20480}
    config = train(algorithm={"preset": preset}, rollout=rollout, evaluation=[{"problems": "humaneval"}])
    path = tmp_path / "config.yaml"
    path.write_text(dump_config(config))
    assert load_config(TrainConfig, path) == config


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    return path


def test_overrides_change_single_settings(tmp_path: Path) -> None:
    path = write(tmp_path, "output_dir: runs/x\nrollout:\n  temperature: 0.7\n  stop: []\n")
    overrides = ["policy.learning_rate=1e-6", "rollout.stop=['a', 'b']", "local=true", "cluster.address=auto"]
    config = load_config(TrainConfig, path, overrides)
    assert config.policy.learning_rate == 1e-6
    assert config.rollout.stop == ["a", "b"]
    assert config.rollout.temperature == 0.7
    assert config.local is True and config.cluster.address == "auto"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("steps", "key=value"),
        ("=3", "key=value"),
        ("stepz=3", "did you mean steps"),
        ("output_dir.x=3", "output_dir is not a section"),
        ("rollout.stop=[", "not YAML"),
        ("steps=many", "steps"),
    ],
)
def test_a_wrong_override_is_explained(tmp_path: Path, override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(TrainConfig, write(tmp_path, "output_dir: runs/x\n"), [override])


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    path = write(tmp_path, "output_dir: runs/x\n")
    with pytest.raises(ConfigError, match=f"did you mean {path}"):
        load_config(TrainConfig, tmp_path / "jbo.yaml")


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\tx: 1", "- 1\n- 2\n", "just words", "a: 1\n---\nb: 2\n"])
def test_a_file_that_is_not_settings_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=str(path)):
        load_config(TrainConfig, path)


def test_a_binary_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\xff\xfe\x00\x01" * 10)
    with pytest.raises(ConfigError, match="not a YAML file"):
        load_config(TrainConfig, path)
