"""`staleness: 1`: every batch after the first is written by the weights before the newest, and a run still resumes."""

from __future__ import annotations

from pathlib import Path

import loop_runs
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def config_of(folder: Path, model: str, problems: Path, **changes: object) -> Path:
    return loop_runs.write_config(
        folder.with_suffix(".yaml"),
        model,
        problems,
        folder,
        staleness=1,
        algorithm={"advantage": "grpo", "correction": "truncated"},
        policy__updates_per_step=1,
        policy__learning_rate=3e-3,
        logprob_gap={"warn": 0, "stop": 5},
        evaluation=[],
        **changes,
    )


def done(folder: Path, config: Path) -> Path:
    finished = loop_runs.run("train", config, cwd=folder.parent)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return folder


@pytest.fixture(scope="module")
def finished(workplace: Path, tiny_model: str, constant_problems: Path) -> Path:
    """The folder of a stale run in one process that nothing interrupted."""
    folder = workplace / "stale"
    return done(folder, config_of(folder, tiny_model, constant_problems))


def versions(folder: Path) -> list[set[int]]:
    """By step, the versions of the weights that wrote its completions."""
    files = sorted((folder / "rollouts").glob("*.parquet"))
    return [{row["policy_version"] for row in pq.read_table(file).to_pylist()} for file in files]


def test_the_first_batch_is_fresh_and_the_others_lag_by_one(finished: Path) -> None:
    rows = loop_runs.rows(finished / "metrics.jsonl")
    assert [row["policy/version"] for row in rows] == [1, 2, 3, 4]
    assert [row["policy/version_lag"] for row in rows] == [0, 1, 1, 1]
    assert versions(finished) == [{0}, {0}, {1}, {2}]


def test_the_metrics_show_what_staleness_costs(finished: Path) -> None:
    first, *stale = loop_runs.rows(finished / "metrics.jsonl")
    assert first["logprob_gap/mean"] < 1e-4 and first["logprob_gap/ratio_mean"] == pytest.approx(1, abs=1e-3)
    for row in stale:
        assert row["logprob_gap/mean"] > 1e-3
        assert abs(row["policy/correction_weight_mean"] - 1) > 1e-5
        assert 0 <= row["policy/correction_clip_fraction"] <= 1


def test_a_killed_stale_run_goes_on_with_the_batch_it_had(
    finished: Path, workplace: Path, tiny_model: str, constant_problems: Path
) -> None:
    folder = workplace / "stale-killed"
    loop_runs.kill_after_two_steps(config_of(folder, tiny_model, constant_problems), folder)

    resumed = loop_runs.run("train", "--resume", folder, cwd=workplace)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert versions(folder) == versions(finished)
    weights = [
        (run / "checkpoints" / "step-000004" / "model" / "model.safetensors").read_bytes() for run in (folder, finished)
    ]
    assert weights[0] == weights[1]


@pytest.fixture(scope="module")
def on_ray(workplace: Path, tiny_model: str, constant_problems: Path, reward_model: Path) -> Path:
    """The folder of a stale run with every kind of worker."""
    folder = workplace / "stale-ray"
    reward = loop_runs.reward_of(reward_model)
    return done(folder, config_of(folder, tiny_model, constant_problems, local=False, steps=3, reward=reward))


@pytest.mark.workers
def test_engines_write_while_the_policy_learns(on_ray: Path) -> None:
    assert versions(on_ray) == [{0}, {0}, {1}]
    for row in loop_runs.rows(on_ray / "metrics.jsonl")[1:]:
        assert row["seconds/generate"] == 0
        assert row["seconds/other"] >= 0


@pytest.mark.workers
def test_the_scorer_is_a_worker_too(on_ray: Path) -> None:
    assert (on_ray / "workers" / "scorer-0.log").is_file()
    assert all(row["model_score"] is not None for row in loop_runs.rollouts(on_ray))
    assert loop_runs.processes_left() == []
