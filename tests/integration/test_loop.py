"""The whole loop in one process: what a run writes, and that it goes on after any end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import loop_runs
import pyarrow.parquet as pq
import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TIMES = ("seconds/", "tokens_per_second/", "megabytes_per_second/", "elapsed_seconds", "judge/cpu_seconds")


@pytest.fixture(scope="module")
def finished(workplace: Path, tiny_model: str, constant_problems: Path) -> Path:
    """The folder of a run that nothing interrupted."""
    config = loop_runs.write_config(workplace / "whole.yaml", tiny_model, constant_problems, workplace / "whole")
    done = loop_runs.run("train", config, cwd=workplace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass@1" in done.stdout and "report.html" in done.stdout
    return workplace / "whole"


def without_times(row: dict) -> dict:
    return {name: value for name, value in row.items() if not name.startswith(TIMES)}


def test_metrics_have_a_row_for_each_step(finished: Path) -> None:
    rows = loop_runs.rows(finished / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert 0 <= row["pass_rate/train"] <= 1
        assert row["reward/mean"] == pytest.approx(row["pass_rate/train"])
        assert row["logprob_gap/mean"] < 1e-4, "the engine's weights are not the trainer's"
        assert row["kl/mean"] >= 0 and row["entropy"] > 0 and row["policy/grad_norm"] > 0
    assert [row["policy/version"] for row in rows] == [1, 2, 3, 4]
    assert len({row["kl/coefficient"] for row in rows}) > 1, "the adaptive controller never moved"


def test_a_step_accounts_for_its_time(finished: Path) -> None:
    for row in loop_runs.rows(finished / "metrics.jsonl"):
        parts = [row[f"seconds/{name}"] for name in ("generate", "judge_wait", "update", "sync", "other")]
        assert min(parts) >= 0


def test_every_rollout_is_kept_with_its_verdict(finished: Path) -> None:
    metrics = loop_runs.rows(finished / "metrics.jsonl")
    files = sorted((finished / "rollouts").glob("*.parquet"))
    assert len(files) == len(metrics)
    for version, (file, row) in enumerate(zip(files, metrics, strict=True)):
        rollouts = pq.read_table(file).to_pylist()
        assert len(rollouts) == 12
        assert {rollout["policy_version"] for rollout in rollouts} == {version}
        assert sum(rollout["reward"] for rollout in rollouts) / 12 == pytest.approx(row["reward/mean"])
        for rollout in rollouts:
            assert rollout["program"].startswith("def pick():")
            digit = rollout["problem_id"].rpartition("-")[2]
            right = rollout["program"].split() == ["def", "pick():", "return", digit]
            assert (rollout["outcome"] == "passed") == right
            assert rollout["reward"] == float(right)


def test_it_is_evaluated_before_and_after(finished: Path, constant_problems: Path) -> None:
    evaluations = loop_runs.rows(finished / "evaluations.jsonl")
    assert [row["step"] for row in evaluations] == [0, 4]
    for row in evaluations:
        assert row["name"] == str(constant_problems)
        assert len(row["problems"]) == 8
        passed = sum(counts["passed"] for counts in row["problems"].values())
        assert row["pass@1"] == pytest.approx(passed / 16)
        assert row["ci_low"] <= row["pass@1"] <= row["ci_high"]


def test_the_run_folder_is_complete(finished: Path) -> None:
    assert yaml.safe_load((finished / "config.yaml").read_text())["steps"] == 4
    assert list((finished / "events").glob("events*"))
    assert (finished / "report.html").read_text().lower().startswith("<!doctype html>")
    assert "step 4" in (finished / "log.txt").read_text()
    names = {path.name for path in (finished / "checkpoints").iterdir()}
    assert names == {"latest", "step-000003", "step-000004"}


def test_the_final_policy_is_a_plain_model(finished: Path, tiny_model: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = finished / "checkpoints" / "step-000004" / "model"
    model, before = (AutoModelForCausalLM.from_pretrained(path) for path in (folder, tiny_model))
    assert AutoTokenizer.from_pretrained(folder).chat_template
    assert not all(map(_equal, model.parameters(), before.parameters()))


def _equal(one, other) -> bool:
    return bool((one == other).all())


def test_a_finished_run_is_not_written_over(finished: Path, workplace: Path) -> None:
    before = _contents(finished)
    done = loop_runs.run("train", workplace / "whole.yaml", cwd=workplace)
    assert done.returncode == 1
    assert "already holds a run" in done.stderr and "--resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert _contents(finished) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    finished: Path, workplace: Path, tiny_model: str, constant_problems: Path
) -> None:
    run_dir = workplace / "killed"
    config = loop_runs.write_config(workplace / "killed.yaml", tiny_model, constant_problems, run_dir)
    loop_runs.kill_after_two_steps(config, run_dir)

    done = loop_runs.run("train", "--resume", run_dir, cwd=workplace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "went on from" in (run_dir / "log.txt").read_text()
    for name in ("metrics.jsonl", "evaluations.jsonl"):
        expected, resumed = loop_runs.rows(finished / name), loop_runs.rows(run_dir / name)
        assert [without_times(row) for row in resumed] == [without_times(row) for row in expected]
    for name in ("000003", "000004"):
        expected_rows, resumed_rows = (_rollouts(folder, name) for folder in (finished, run_dir))
        assert resumed_rows == expected_rows
    assert _weights(run_dir) == _weights(finished)


def _rollouts(folder: Path, step: str) -> list[dict]:
    (file,) = (folder / "rollouts").glob(f"*{step}*")
    return pq.read_table(file).to_pylist()


def _weights(run_dir: Path) -> bytes:
    return (run_dir / "checkpoints" / "step-000004" / "model" / "model.safetensors").read_bytes()


def test_ctrl_c_ends_with_a_checkpoint(workplace: Path, tiny_model: str, constant_problems: Path) -> None:
    run_dir = workplace / "stopped"
    config = loop_runs.write_config(
        workplace / "stopped.yaml", tiny_model, constant_problems, run_dir, steps=200, checkpoint__every_steps=100
    )
    process = loop_runs.start("train", config, cwd=workplace)
    loop_runs.wait_for(lambda: len(loop_runs.rows(run_dir / "metrics.jsonl")) >= 1, process, "a step")
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to every process of the run
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "Traceback" not in err
    steps = len(loop_runs.rows(run_dir / "metrics.jsonl"))
    folder = run_dir / "checkpoints" / (run_dir / "checkpoints" / "latest").read_text()
    assert json.loads((folder / "state.json").read_text())["step"] == steps < 200
    assert (run_dir / "report.html").is_file()
    assert loop_runs.processes_left() == []


def test_another_model_cannot_take_up_a_checkpoint(finished: Path, workplace: Path, random_model: str) -> None:
    before = _contents(finished)
    done = loop_runs.run("train", "--resume", finished, f"model={random_model}", cwd=workplace)
    assert done.returncode == 1
    assert "was made with model" in done.stderr and "Traceback" not in done.stderr
    assert _contents(finished) == before


def test_engine_and_trainer_that_differ_stop_the_run(workplace: Path, tiny_model: str, constant_problems: Path) -> None:
    """A limit below the rounding error of the two: the check is really made in a run."""
    config = loop_runs.write_config(
        workplace / "gap.yaml", tiny_model, constant_problems, workplace / "gap", logprob_gap__stop=1e-9
    )
    done = loop_runs.run("train", config, cwd=workplace)
    assert done.returncode == 1
    assert "logprob_gap.stop" in done.stderr and "Traceback" not in done.stderr


def test_nothing_is_left_behind(finished: Path) -> None:
    assert loop_runs.left_in_scratch() == []
    assert loop_runs.processes_left() == []
