"""What the engines write for a step, by the real engine and judge in this process."""

from __future__ import annotations

import json
from pathlib import Path

import loop_runs
import pytest

from reward.settings import load_config
from rlcode.cluster import start_workers
from rlcode.config import TrainConfig
from rlcode.experience import Experience, gather
from rlcode.preparation import prepare
from rlcode.rewarding import Rewarder
from rlcode.sampler import ProblemOrder
from rlcode.tracking import Tracker
from rlcode.workers.handle import WorkerDied


def gathered(folder: Path, model: str, problems: Path, **algorithm: object) -> Experience:
    """The first step of a run with three prompts a step."""
    loop_runs.write_config(folder / "run.yaml", model, problems, folder / "run", algorithm=algorithm)
    config = load_config(TrainConfig, folder / "run.yaml", [])
    prepared = prepare(config)
    order = ProblemOrder(prepared.train, config.seed)

    def revive(death: WorkerDied) -> None:
        raise death

    with (
        Tracker(folder / "run", total_steps=1) as tracker,
        start_workers(config, prepared.model_path, prepared.max_tokens, folder / "workers") as workers,
    ):
        return gather(config, workers, order, 0, 1, Rewarder(config.reward), tracker, revive)


@pytest.fixture
def mostly_impossible(constant_problems: Path, tmp_path: Path) -> Path:
    """Problems of which the model solves none in two of three."""
    rows = [json.loads(line) for line in constant_problems.read_text().splitlines()]
    for number, row in enumerate(rows):
        if number % 3:
            row["tests"] = [{"kind": "assert", "code": "assert pick() == 77"}]
            row.pop("reference", None)
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_groups_that_teach_nothing_are_replaced(tiny_model: str, mostly_impossible: Path, tmp_path: Path) -> None:
    experience = gathered(tmp_path, tiny_model, mostly_impossible, equal_groups="resample")
    learnable = experience.learnable_groups()
    assert len(experience.prompts) > 3
    assert len(learnable) == 3 and learnable[-1] == len(experience.prompts) - 1
    assert len(experience.samples) == 4 * len(experience.prompts)


def test_they_are_kept_where_that_is_asked_for(tiny_model: str, mostly_impossible: Path, tmp_path: Path) -> None:
    assert len(gathered(tmp_path, tiny_model, mostly_impossible, equal_groups="keep").prompts) == 3
