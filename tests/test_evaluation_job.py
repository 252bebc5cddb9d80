"""`rlcode eval` in one process, with a real model and the real judge."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from rlcode.cli import main


@pytest.fixture
def eval_config(tmp_path: Path, tiny_model: str, constant_problems: Path) -> Path:
    settings = {
        "model": tiny_model,
        "output_dir": str(tmp_path / "eval"),
        "local": True,
        "bf16": False,
        "prompt": {"prefill": "starter"},
        "rollout": {"engine": "transformers"},
        "judge": {"slots": 1},
        "evaluation": [
            {"problems": str(constant_problems), "samples": 4, "temperature": 1.0, "max_new_tokens": 12},
            {"problems": str(constant_problems), "samples": 1, "temperature": 0.0, "max_new_tokens": 12},
        ],
    }
    path = tmp_path / "eval.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def test_the_recorded_pass_rates_are_those_of_the_judged_programs(
    eval_config: Path, constant_problems: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", str(eval_config)]) == 0

    folder = eval_config.parent / "eval"
    sampled, greedy = [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    programs = pq.read_table(folder / "rollouts" / "step-000000.parquet").to_pylist()
    by_set = {name: [row for row in programs if row["benchmark"] == name] for name in (sampled["name"], greedy["name"])}
    assert [len(rows) for rows in by_set.values()] == [32, 8]
    for result in (sampled, greedy):
        passed = [row["outcome"] == "passed" for row in by_set[result["name"]]]
        assert result["pass@1"] == pytest.approx(sum(passed) / len(passed))
        assert result["ci_low"] <= result["pass@1"] <= result["ci_high"]
    assert sampled["pass@1"] < sampled["pass@4"]

    table = capsys.readouterr().out
    assert f"{100 * sampled['pass@4']:.1f} %" in table
    assert f"{constant_problems} at temperature 0" in table.replace("\n", "")


def test_an_existing_evaluation_is_not_written_over(eval_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = eval_config.parent / "eval"
    folder.mkdir()
    (folder / "evaluations.jsonl").write_text('{"step": 0}\n')

    assert main(["eval", str(eval_config)]) == 1

    assert f"{folder} already holds results" in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["evaluations.jsonl"]
