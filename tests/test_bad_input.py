"""Bad input to the real command: one readable error, an exit code, and nothing touched."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub.constants
import pytest
import yaml
from constant_problems import constant_problem

from rlcode.cli import main
from rlcode.workers.handle import WorkerDied

REPOSITORY = Path(__file__).parents[1]


@dataclass
class Case:
    """Changes to a config that is right, and what the error has to say."""

    changes: dict
    said: list[str]


def problem_with(**changes: object) -> str:
    return json.dumps({**constant_problem(1), **changes})


FILES = {
    "good.jsonl": problem_with(),
    "torn.jsonl": problem_with() + "\n" + problem_with(id="b")[:40],
    "no_tests.jsonl": problem_with() + "\n" + problem_with(id="b", tests=[]),
    "no_prompt.jsonl": problem_with(prompt=""),
    "twice.jsonl": problem_with() + "\n" + problem_with(),
    "wrong_test.jsonl": problem_with(tests=[{"kind": "asert", "code": "assert True"}]),
    "empty.jsonl": "",
}

CASES = {
    "unknown key": Case({"rollout": {"temprature": 1}}, ["rollout.temprature", "rollout.temperature"]),
    "sizes that do not divide": Case({"policy": {"updates_per_step": 3}}, ["(8)", "(3)", "multiple"]),
    "missing problem file": Case({"train_problems": "nowhere.jsonl"}, ["nowhere.jsonl", "no"]),
    "mistyped set": Case({"train_problems": "starter/trian"}, ["starter/train"]),
    "malformed line": Case({"train_problems": "torn.jsonl"}, ["torn.jsonl line 2", "JSON"]),
    "problem without tests": Case({"train_problems": "no_tests.jsonl"}, ["no_tests.jsonl line 2", "tests"]),
    "problem without prompt": Case({"train_problems": "no_prompt.jsonl"}, ["no_prompt.jsonl line 1", "prompt"]),
    "problem twice": Case({"train_problems": "twice.jsonl"}, ["twice.jsonl line 2", "line 1"]),
    "unknown kind of test": Case({"train_problems": "wrong_test.jsonl"}, ["wrong_test.jsonl line 1", "asert"]),
    "empty problem file": Case({"train_problems": "empty.jsonl"}, ["empty.jsonl", "no problems"]),
    "bad problems to evaluate on": Case({"evaluation": [{"problems": "torn.jsonl"}]}, ["torn.jsonl line 2"]),
    "prompts all too long": Case({"max_prompt_tokens": 3}, ["max_prompt_tokens=3"]),
    "an engine that cannot be": Case(
        {"local": False, "rollout": {"engine": "transformers", "tensor_parallel": 2}}, ["tensor_parallel is 2", "vllm"]
    ),
    "no such model": Case({"model": "./nowhere"}, ["./nowhere", "smollm2-135m"]),
    "folder without a model": Case({"model": "folder"}, ["folder"]),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with problem files and models to go wrong with, and a run folder that somebody filled before."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("not a model")
    (tmp_path / "broken-model").mkdir()
    (tmp_path / "broken-model" / "config.json").write_text('{"model_type": "no-such-model"}')
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    return tmp_path


def rlcode(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rlcode", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        stdin=subprocess.DEVNULL,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_job(place: Path, **changes: object) -> None:
    config = {"output_dir": "out", "local": True, "train_problems": "good.jsonl", "rollout": {"engine": "transformers"}}
    (place / "job.yaml").write_text(yaml.safe_dump({**config, **changes}))


def check_error(stderr: str, said: list[str]) -> None:
    errors = [line for line in stderr.splitlines() if line.startswith("rlcode: ")]
    assert len(errors) == 1, stderr
    assert "Traceback" not in stderr
    assert all(words in errors[0] for words in said), errors[0]


@pytest.mark.parametrize("name", CASES)
def test_it_ends_with_one_readable_error_and_touches_nothing(
    place: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_job(place, **CASES[name].changes)
    before = contents(place)
    monkeypatch.chdir(place)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert main(["train", "job.yaml"]) == 1
    check_error(capsys.readouterr().err, CASES[name].said)
    assert contents(place) == before


def test_the_process_ends_with_one_readable_error_and_touches_nothing(place: Path) -> None:
    write_job(place, model="./broken-model")
    before = contents(place)
    done = rlcode("train", "job.yaml", cwd=place)
    assert done.returncode == 1
    check_error(done.stderr, ["broken-model"])
    assert contents(place) == before


def test_a_dry_run_prints_the_plan_and_starts_nothing(place: Path, random_model: str) -> None:
    config = {
        "model": random_model,
        "output_dir": "new",
        "local": True,
        "train_problems": "good.jsonl",
        "rollout": {"engine": "transformers", "prompts_per_step": 2, "samples_per_prompt": 3},
    }
    (place / "job.yaml").write_text(yaml.safe_dump(config))
    before = contents(place)
    done = rlcode("train", "job.yaml", "--dry-run", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "2 prompts × 3 samples = 6 completions" in done.stdout
    assert contents(place) == before and not (place / "new").exists()


def test_resuming_what_is_no_run_says_so(place: Path) -> None:
    done = rlcode("train", "--resume", "out", cwd=place)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "out/config.yaml" in done.stderr


def test_what_is_noted_with_an_error_is_printed_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    death = WorkerDied("worker policy-0 died")
    death.add_note("worker rollout-0 has not answered 'load_weights' either")

    def run(options: argparse.Namespace) -> None:
        raise death

    monkeypatch.setattr("rlcode.cli._parse", lambda arguments: argparse.Namespace(run=run))
    assert main([]) == 1
    assert capsys.readouterr().err.splitlines() == [f"rlcode: {death}", *death.__notes__]
