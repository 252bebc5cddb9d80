from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import loop_runs
import pytest
import torch

from reward.model import load_reward_model, save_reward_model


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where configs and run folders of a module's tests go."""
    loop_runs.SCRATCH.mkdir()
    yield tmp_path_factory.mktemp("runs")
    shutil.rmtree(loop_runs.SCRATCH)


@pytest.fixture(scope="module")
def reward_model(random_model: str, workplace: Path) -> Path:
    """A reward model whose head is as random as the rest: its scores differ, that is all."""
    torch.manual_seed(3)
    model, tokenizer = load_reward_model(random_model)
    model.classifier.score.weight.data.normal_()
    weights = dict(model.classifier.named_parameters())
    save_reward_model(model.classifier, tokenizer, weights, workplace / "reward-model", torch.float32)
    return workplace / "reward-model"
