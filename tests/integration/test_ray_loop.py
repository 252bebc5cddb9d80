"""The loop on real Ray actors: it survives the death of workers and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import loop_runs
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.workers, pytest.mark.timeout(600)]
SECONDS = 400


@pytest.fixture
def config(workplace: Path, tiny_model: str, constant_problems: Path, request: pytest.FixtureRequest) -> Path:
    name = request.node.name.replace("[", "-").rstrip("]")
    return loop_runs.write_config(
        workplace / f"{name}.yaml",
        tiny_model,
        constant_problems,
        workplace / name,
        local=False,
        steps=3,
        evaluation=[],
        policy__updates_per_step=1,
    )


def hosts(run_dir: Path, name: str) -> list[int]:
    """Process ids whose standard output is a worker's log and that are Ray's, not a program the worker started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ray = (process / "cmdline").read_text().startswith("ray::")
            if is_ray and os.readlink(process / "fd" / "1") == str(run_dir / "workers" / f"{name}.log"):
                found.append(int(process.name))
        except OSError:
            pass  # ended while we looked
    return found


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out + err
    return out


def assert_nothing_left(pid: int) -> None:
    assert loop_runs.processes_left() == []
    assert loop_runs.left_in_scratch() == []
    assert list(Path("/tmp").glob(f"rlcode-*-{pid}-*")) == []


def test_workers_that_die_are_replaced(config: Path, workplace: Path) -> None:
    """A new engine has to be met anew where weights are broadcast, and has the policy's in every step."""
    run_dir = workplace / config.stem
    process = loop_runs.start("train", config, "rollout.weight_transfer=broadcast", cwd=workplace)
    loop_runs.wait_for(lambda: len(loop_runs.rows(run_dir / "metrics.jsonl")) >= 1, process, "a step", SECONDS)
    for name in ("judge-0", "rollout-0"):
        (pid,) = hosts(run_dir, name)
        os.kill(pid, signal.SIGKILL)
    finish(process)
    assert [row["step"] for row in loop_runs.rows(run_dir / "metrics.jsonl")] == [1, 2, 3]
    assert all(row["logprob_gap/mean"] < 1e-4 for row in loop_runs.rows(run_dir / "metrics.jsonl"))
    assert_nothing_left(process.pid)


def test_a_dead_policy_is_named_with_its_cause(config: Path, workplace: Path) -> None:
    """What it had learned is gone with it, so the run ends; --resume goes on from the checkpoint."""
    run_dir = workplace / config.stem
    process = loop_runs.start("train", config, cwd=workplace)
    loop_runs.wait_for(lambda: len(loop_runs.rows(run_dir / "metrics.jsonl")) >= 1, process, "a step", SECONDS)
    (pid,) = hosts(run_dir, "policy-0")
    os.kill(pid, signal.SIGKILL)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "worker policy-0 died" in err and "Traceback" not in err
    assert "policy-0.log" in err
