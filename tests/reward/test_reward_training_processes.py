"""Runs of the reward trainer in processes of their own: killed and started again, and on two ranks."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from simple_pairs import simple_pairs

from reward.schema import write_pairs

REPOSITORY = Path(__file__).parents[2]
SAME_EACH_TIME = ("metrics.jsonl", "evaluation.json", "heldout_scores.jsonl", "excluded.jsonl", "report.html")


def write_config(folder: Path, model: str, **changes: object) -> list[str]:
    """Arguments of a run of 12 steps in `folder`/run."""
    folder.mkdir(exist_ok=True)
    write_pairs(simple_pairs(30), folder / "pairs.jsonl")
    values = {
        "model": model, "output_dir": "run", "pairs": "pairs.jsonl", "heldout_share": 0.2, "epochs": 2, "bf16": False,
        "pairs_per_batch": 8, "tokens_per_row": 512, "learning_rate": 1e-3, "evaluate_every": 2,
    }  # fmt: skip
    (folder / "rm.yaml").write_text(yaml.safe_dump(values | changes))
    return ["-m", "reward.train", "rm.yaml"]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    environment["TMPDIR"] = str(folder)  # torchrun leaves a folder behind
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def run(folder: Path, *arguments: str) -> None:
    process = start(folder, *arguments)
    try:
        _, errors = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, errors


def contents(run_dir: Path) -> dict[str, bytes]:
    """Every file that must not depend on how often the run was killed."""
    files = [run_dir / name for name in SAME_EACH_TIME]
    files += [path for name in ("model", "checkpoints") for path in (run_dir / name).rglob("*") if path.is_file()]
    return {str(path.relative_to(run_dir)): path.read_bytes() for path in sorted(files)}


@pytest.mark.timeout(600)
def test_killed_at_random_moments_it_ends_in_the_same_files(random_model: str, tmp_path: Path) -> None:
    arguments = write_config(tmp_path / "whole", random_model)
    run(tmp_path / "whole", *arguments)
    write_config(tmp_path / "killed", random_model)
    generator = random.Random()
    for _ in range(2):
        process = start(tmp_path / "killed", *arguments)
        metrics = tmp_path / "killed" / "run" / "metrics.jsonl"
        wanted = (metrics.stat().st_size if metrics.exists() else 0) + 1
        while process.poll() is None and not (metrics.exists() and metrics.stat().st_size >= wanted):
            time.sleep(0.01)
        time.sleep(generator.random())
        with contextlib.suppress(ProcessLookupError):  # it may have come to its end
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    run(tmp_path / "killed", *arguments)
    assert contents(tmp_path / "killed" / "run") == contents(tmp_path / "whole" / "run")
    hidden = [path for path in (tmp_path / "killed" / "run").rglob(".*")]
    assert hidden == []


@pytest.fixture(scope="module")
def one_rank(random_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    run(folder, *write_config(folder, random_model, epochs=1, evaluate_every=3))
    return folder / "run"


def final_weights(run_dir: Path) -> torch.Tensor:
    weights = load_file(run_dir / "checkpoints" / "step-000006" / "model" / "model.safetensors")
    return torch.cat([weights[name].flatten() for name in sorted(weights)])


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "changes",
    [{}, {"deepspeed": {"zero_optimization": {"stage": 3}}}],
    ids=["sum", "zero-3"],
)
def test_two_ranks_do_what_one_does(random_model: str, tmp_path: Path, one_rank: Path, changes: dict) -> None:
    write_config(tmp_path, random_model, epochs=1, evaluate_every=3, **changes)
    run(
        tmp_path,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "reward.train",
        "rm.yaml",
    )
    found, expected = (
        [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        for folder in (tmp_path / "run", one_rank)
    )
    for name in ("loss", "gradient_norm", "heldout/loss"):
        np.testing.assert_allclose(
            [row[name] for row in found if name in row], [row[name] for row in expected if name in row], rtol=2e-3
        )
    # Adam divides by the gradient's size, so where that is almost nothing rounding decides; the mean is not moved.
    assert (final_weights(tmp_path / "run") - final_weights(one_rank)).abs().mean() < 2e-6
