"""`rlcode best-of-n` in one process: a real policy, the real judge and a real reward model, all tiny."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from reward.model import load_reward_model, save_reward_model
from reward.schema import read_samples, write_samples
from rlcode.cli import main


@pytest.fixture(scope="module")
def reward_model(tmp_path_factory: pytest.TempPathFactory, random_model: str) -> str:
    """A scorer that has learned nothing."""
    import torch

    model, tokenizer = load_reward_model(random_model)
    folder = tmp_path_factory.mktemp("models") / "scorer"
    save_reward_model(model.classifier, tokenizer, model.classifier.state_dict(), folder, torch.float32)
    return str(folder)


@pytest.fixture(scope="module")
def config(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: str, reward_model: str, constant_problems: Path
) -> Path:
    """A job that was run: eight problems, six programs each."""
    folder = tmp_path_factory.mktemp("best-of-n")
    settings = {
        "model": tiny_model,
        "reward_model": reward_model,
        "output_dir": str(folder / "out"),
        "n": [1, 4, 64],
        "local": True,
        "bf16": False,
        "prompt": {"prefill": "starter"},
        "rollout": {"engine": "transformers"},
        "judge": {"slots": 1},
        "sets": [{"problems": str(constant_problems), "samples": 6, "max_new_tokens": 10}],
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings))
    assert main(["best-of-n", str(path)]) == 0
    return path


def result_of(folder: Path) -> dict:
    (result,) = json.loads((folder / "best_of_n.json").read_text())
    return result


def test_the_table_is_that_of_the_recorded_programs(config: Path) -> None:
    folder = config.parent / "out"
    rows = result_of(folder)["rows"]
    samples, greedy = (read_samples(folder / "set-0" / f"{name}.jsonl") for name in ("samples", "greedy"))
    passed = [sample.outcome == "passed" for sample in samples]
    assert [row["n"] for row in rows] == [1, 4, 6] and len(greedy) == 8
    for row in rows:
        assert row["average"]["value"] == pytest.approx(np.mean(passed))
        assert row["greedy"]["value"] == np.mean([sample.outcome == "passed" for sample in greedy])
        assert row["reward_model"]["value"] <= row["oracle"]["value"]
    assert rows[0]["reward_model"]["value"] == pytest.approx(np.mean(passed))  # the best of one is that one
    scores = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    best = [max(scores[start : start + 6], key=lambda row: row["score"]) for start in range(0, 48, 6)]
    assert rows[2]["reward_model"]["value"] == pytest.approx(np.mean([row["passed"] for row in best]))


def test_another_reward_model_reranks_the_programs_that_are_there(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = config.parent / "out" / "set-0" / "samples.jsonl"
    marked = samples.read_text().replace('"policy"', '"note": "drawn before", "policy"', 1)
    samples.write_text(marked)
    assert main(["best-of-n", str(config), "n=[2]"]) == 0
    assert samples.read_text() == marked
    assert [row["n"] for row in result_of(config.parent / "out")["rows"]] == [2]
    assert "reward model" in capsys.readouterr().out


def write_set(config: Path, tmp_path: Path, **settings: object) -> Path:
    values = yaml.safe_load(config.read_text()) | {"output_dir": str(tmp_path / "out")}
    values["sets"][0] |= settings
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_a_file_of_samples_is_reranked_without_an_engine(config: Path, tmp_path: Path) -> None:
    """Programs that cannot be scored are chosen last, and counted."""
    samples = read_samples(config.parent / "out" / "set-0" / "samples.jsonl")
    empty = type(samples[0])(**{**vars(samples[0]), "program": "", "outcome": "failed"})
    endless = type(samples[1])(**{**vars(samples[1]), "program": "x = 1\n" * 2000, "outcome": "failed"})
    write_samples([empty, endless, *samples[2:]], tmp_path / "samples.jsonl")

    path = write_set(config, tmp_path, drawn=str(tmp_path / "samples.jsonl"), greedy=False)
    assert main(["best-of-n", str(path), "model=./nowhere"]) == 0

    result = result_of(tmp_path / "out")
    assert result["unscored"] == 2 and result["rows"][0]["greedy"] is None
    first = [json.loads(line) for line in (tmp_path / "out" / "scores.jsonl").read_text().splitlines()][:3]
    assert [row["score"] is None for row in first] == [True, True, False]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"policy": "another"}, "was drawn by the policy another"),
        ({"test_set": "other"}, "was judged by other tests"),
        ({"problem_id": "unknown"}, "has no samples for the problems"),
    ],
)
def test_samples_that_do_not_belong_to_the_greedy_programs_are_refused(
    config: Path, tmp_path: Path, changes: dict, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = read_samples(config.parent / "out" / "set-0" / "samples.jsonl")
    write_samples([type(item)(**{**vars(item), **changes}) for item in samples], tmp_path / "samples.jsonl")
    path = write_set(config, tmp_path, drawn=str(tmp_path / "samples.jsonl"))
    assert main(["best-of-n", str(path)]) == 1
    assert said in capsys.readouterr().err
