"""Runs of the real command on the tiny model, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import yaml

REPOSITORY = Path(__file__).parents[2]
SCRATCH = Path(f"/tmp/rt{os.getpid()}")  # temporary files of runs; short, for Ray puts sockets below it


def write_config(path: Path, model: str, problems: Path, output_dir: Path, **changes: object) -> Path:
    """A config of 4 short steps in one process: every part is the real one, only the model is tiny."""
    config = {
        "model": model,
        "output_dir": str(output_dir),
        "seed": 7,
        "steps": 4,
        "local": True,
        "train_problems": str(problems),
        "prompt": {"prefill": "starter"},
        "rollout": {
            "engine": "transformers",
            "prompts_per_step": 3,
            "samples_per_prompt": 4,
            "max_new_tokens": 10,
            "max_sequences": 32,
            "cpus_per_worker": 0.5,
        },
        "judge": {"slots": 1, "cpus_per_worker": 0.5},
        "algorithm": {
            "advantage": "reinforce++",
            "kl_coefficient": 0.05,
            "kl_estimator": "k1",
            "kl_placement": "reward",
            "kl_controller": "adaptive",
            "kl_target": 0.01,
            "kl_horizon": 24,
        },
        "policy": {
            "learning_rate": 1e-3,
            "schedule": "linear",
            "updates_per_step": 3,
            "bf16": False,
            "cpus_per_worker": 0.5,
        },
        "logprob_gap": {"warn": 0.01, "stop": 0.05},
        "evaluation": [{"problems": str(problems), "samples": 2, "temperature": 1.0, "max_new_tokens": 10}],
        "checkpoint": {"every_steps": 1},
    }
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name:
            config[section][name] = value
        else:
            config[section] = value
    path.write_text(yaml.safe_dump(config))
    return path


def reward_of(model: Path) -> dict:
    """Half the verdict, half this reward model's score."""
    terms = [{"kind": "binary", "weight": 0.5}, {"kind": "model", "model": str(model), "clip": 2.0}]
    return {"terms": terms, "scorer": {"cpus_per_worker": 0.5, "texts_per_batch": 5}}


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """`rlcode ARGUMENTS` in a session of its own, as a terminal would start it."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(SCRATCH),
        "HF_HUB_OFFLINE": "1",
    }
    environment.pop("RAY_ADDRESS", None)
    return subprocess.Popen(
        [sys.executable, "-m", "rlcode", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def left_in_scratch() -> list[str]:
    """What runs left behind in their temporary folder."""
    return sorted(path.name for path in SCRATCH.iterdir())


def run(*arguments: object, cwd: Path, seconds: float = 280) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    process = start(*arguments, cwd=cwd)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"rlcode {arguments} was not done after {seconds} s\n{out}\n{err}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], what: str, seconds: float = 280) -> None:
    """Wait until something is true of a run that must not end before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"the run ended before {what}:\n{process.stdout.read()}\n{process.stderr.read()}")
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"no {what} after {seconds} s")
        time.sleep(0.02)


def kill_after_two_steps(config: Path, run_dir: Path) -> None:
    """Step 2 is then in the log, its checkpoint is not (or hardly) written: a resumed run has to do it again."""
    process = start("train", config, cwd=run_dir.parent)
    wait_for(lambda: len(rows(run_dir / "metrics.jsonl")) >= 2, process, "two steps")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(rows(run_dir / "metrics.jsonl")) < 4, "the run was over before it was killed"


def rows(path: Path) -> list[dict]:
    """The whole lines of a JSON Lines file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def rollouts(run_dir: Path) -> list[dict]:
    """Every completion of a run."""
    return [row for file in sorted((run_dir / "rollouts").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def processes_left(seconds: float = 10) -> list[str]:
    """Command lines of the processes of runs that are still there after some seconds."""
    deadline = time.monotonic() + seconds
    while (found := _processes_of_runs()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _processes_of_runs() -> list[str]:
    """They are known by the environment they inherited."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={SCRATCH}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            pass  # it ended while we looked
    return found
