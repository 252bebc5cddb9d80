"""`rlcode acecoder` from end to end: real stages on the tiny model."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from constant_problems import DIGITS, constant_problem
from loop_runs import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STAGES = ["1-samples", "2-pairs", "3-reward-model", "4-best-of-n", "5-rl-model", "6-rl-tests"]


def mostly(digit: int) -> dict:
    """A problem whose tests another digit passes in part, so that two wrong programs can differ."""
    problem = constant_problem(digit)
    near = [{"kind": "assert", "code": f"assert pick() in {pair}"} for pair in ((digit, (digit + 1) % 4),) * 2]
    return {**problem, "id": f"mostly/{digit}", "tests": [*problem["tests"], *near]}


@pytest.fixture
def recipe(tmp_path: Path, tiny_model: str) -> Path:
    rows = tmp_path / "mostly.jsonl"
    rows.write_text("".join(json.dumps(mostly(digit)) + "\n" for digit in DIGITS))
    problems = str(rows)
    engine = {"engine": "transformers"}
    drawn = {"problems": problems, "max_new_tokens": 10}
    config = {
        "model": tiny_model,
        "output_dir": str(tmp_path / "out"),
        "seed": 3,
        "local": True,
        "prompt": {"prefill": "starter"},
        "judge": {"slots": 1},
        "sample": {"rollout": engine, "draw": {**drawn, "samples": 12}},
        "pairs": {"pairs": {"heldout_share": 0.25}},
        "reward_model": {"pairs_per_batch": 4, "bf16": False, "learning_rate": 1e-3, "evaluate_every": 2},
        "best_of_n": {"rollout": engine, "n": [4], "sets": [{**drawn, "samples": 4}]},
        "train": {
            "steps": 2,
            "train_problems": problems,
            "rollout": {**engine, "prompts_per_step": 4, "samples_per_prompt": 4, "max_new_tokens": 10},
            "policy": {"bf16": False, "learning_rate": 1e-3},
            "logprob_gap": {"stop": 0},
            "evaluation": [{**drawn, "samples": 4, "temperature": 1.0}, drawn],
        },
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def start(recipe: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "rlcode", "acecoder", str(recipe)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def test_the_recipe_goes_on_where_it_was_killed_and_ends_with_every_result(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = start(recipe)
    deadline = time.monotonic() + 240
    while not (out / "2-pairs.finished.json").exists():
        assert first.poll() is None and time.monotonic() < deadline, first.communicate()[0]
        time.sleep(0.05)
    first.kill()
    first.communicate(timeout=60)  # its output ends when the stage has ended too
    drawn = (out / "1-samples" / "samples.jsonl").stat().st_mtime_ns

    second = start(recipe)
    output, _ = second.communicate(timeout=400)

    assert second.returncode == 0, output
    assert (out / "1-samples" / "samples.jsonl").stat().st_mtime_ns == drawn
    results = {name: json.loads((out / f"{name}.finished.json").read_text())["result"] for name in STAGES}
    assert results["1-samples"].startswith("48 programs")
    assert "best of 4" in results["4-best-of-n"]
    evaluations = [json.loads(line) for line in (out / "6-rl-tests" / "evaluations.jsonl").read_text().splitlines()]
    assert [row["name"].partition(" at ")[2] for row in evaluations] == ["temperature 1", "temperature 0"] * 2
    assert "pass@1" in results["5-rl-model"] and "pass@1" in results["6-rl-tests"]
    assert "reward/model" in (out / "5-rl-model" / "metrics.jsonl").read_text()
    assert "reward/model" not in (out / "6-rl-tests" / "metrics.jsonl").read_text()
