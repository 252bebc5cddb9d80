"""Reinforcement learning with a reward model: the score of every program is the model's, and survives a kill."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import loop_runs
import numpy as np
import pytest

from reward.conversation import answer, first_test, instruction
from reward.scorer import Scorer
from rlcode.problems import load_problems

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TIMES = ("seconds/", "tokens_per_second/", "megabytes_per_second/", "elapsed_seconds", "judge/cpu_seconds")


def write_config(name: str, workplace: Path, tiny_model: str, problems: Path, model: Path) -> Path:
    reward = loop_runs.reward_of(model)
    return loop_runs.write_config(
        workplace / f"{name}.yaml", tiny_model, problems, workplace / name, reward=reward, evaluation=[]
    )


@pytest.fixture(scope="module")
def finished(workplace: Path, tiny_model: str, constant_problems: Path, reward_model: Path) -> Path:
    config = write_config("whole", workplace, tiny_model, constant_problems, reward_model)
    done = loop_runs.run("train", config, cwd=workplace)
    assert done.returncode == 0, done.stdout + done.stderr
    return workplace / "whole"


def without_times(rows: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if not name.startswith(TIMES)} for row in rows]


def test_every_program_has_the_score_of_its_own_text(
    finished: Path, constant_problems: Path, reward_model: Path
) -> None:
    problems = {problem.id: problem for problem in load_problems(str(constant_problems))}
    rows = loop_runs.rollouts(finished)
    texts = [
        (instruction(problems[row["problem_id"]].prompt, first_test(problems[row["problem_id"]].tests)),
         answer(row["program"] or ""))
        for row in rows
    ]  # fmt: skip
    np.testing.assert_allclose(Scorer(reward_model).score(texts), [row["model_score"] for row in rows], atol=1e-4)


def test_terms_and_the_pass_rate_are_logged_beside_the_reward(finished: Path) -> None:
    for row in loop_runs.rows(finished / "metrics.jsonl"):
        assert row["reward/mean"] == pytest.approx(0.5 * row["reward/binary"] + row["reward/model"])
        assert row["reward/binary"] == row["pass_rate/train"]
        assert abs(row["reward/model"]) <= 2 and "reward/model_score" in row
    assert "Reward model's score" in (finished / "report.html").read_text()


def test_a_killed_run_normalises_as_if_nothing_had_happened(
    finished: Path, workplace: Path, tiny_model: str, constant_problems: Path, reward_model: Path
) -> None:
    config = write_config("killed", workplace, tiny_model, constant_problems, reward_model)
    process = loop_runs.start("train", config, cwd=workplace)
    metrics = workplace / "killed" / "metrics.jsonl"
    loop_runs.wait_for(lambda: len(loop_runs.rows(metrics)) >= 2, process, "two steps")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = loop_runs.run("train", "--resume", workplace / "killed", cwd=workplace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert without_times(loop_runs.rows(metrics)) == without_times(loop_runs.rows(finished / "metrics.jsonl"))


def test_a_causal_model_is_no_reward_model(workplace: Path, tiny_model: str, constant_problems: Path) -> None:
    config = write_config("causal", workplace, tiny_model, constant_problems, Path(tiny_model))
    done = loop_runs.run("train", config, cwd=workplace)
    assert done.returncode == 1
    assert "is no reward model: it has no score head" in done.stderr and "Traceback" not in done.stderr
