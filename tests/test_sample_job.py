"""`rlcode sample` with a real model and the real judge: what a row says, and that a kill leaves no trace."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from reward.schema import JudgedSample, read_samples
from rlcode.cli import main
from rlcode.sample_job import judgement
from sandbox import Judge, Limits, Test

REPOSITORY = Path(__file__).parents[1]


def config(path: Path, model: str, problems: Path, **draw: object) -> Path:
    """A job that draws in four batches."""
    settings = {
        "model": model,
        "output_dir": str(path),
        "seed": 3,
        "local": True,
        "bf16": False,
        "prompt": {"prefill": "starter"},
        "rollout": {"engine": "transformers"},
        "judge": {"slots": 1},
        "draw": {
            "problems": str(problems),
            "samples": 4,
            "max_new_tokens": 10,
            "problems_per_batch": 2,
            **draw,
        },
    }
    file = path.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(settings))
    return file


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, tiny_model: str, constant_problems: Path) -> Path:
    """The config of a job that ran to its end."""
    file = config(tmp_path_factory.mktemp("samples") / "whole", tiny_model, constant_problems)
    assert main(["sample", str(file)]) == 0
    return file


def samples_of(file: Path) -> bytes:
    return (file.with_suffix("") / "samples.jsonl").read_bytes()


def test_every_problem_has_its_judged_programs(drawn: Path) -> None:
    samples = read_samples(drawn.with_suffix("") / "samples.jsonl")
    problems = [sample.problem_id for sample in samples[::4]]
    assert len(samples) == 32 and len(set(problems)) == 8
    assert [(sample.problem_id, sample.index) for sample in samples] == [(id, i) for id in problems for i in range(4)]
    assert {sample.outcome for sample in samples} == {"passed", "failed"}
    for sample in samples:
        passed = f"return {sample.problem_id[-1]}\n" in sample.program
        assert sample.pass_vector == (["passed", "passed"] if passed else ["failed", "failed"])
        assert sample.complete and sample.pass_rate == float(passed)
        assert sample.question.endswith(f"returns {sample.problem_id[-1]}.")
        assert sample.first_test == f"assert pick() == {sample.problem_id[-1]}"
        assert sample.sampling["temperature"] == 1.0 and len(sample.policy) == 16


@pytest.mark.parametrize("share", [0.001, 0.2, 0.55, 0.9, 1.0])
def test_a_file_cut_anywhere_is_completed_to_the_same_bytes(drawn: Path, tmp_path: Path, share: float) -> None:
    whole = samples_of(drawn)
    settings = yaml.safe_load(drawn.read_text()) | {"output_dir": str(tmp_path / "cut")}
    again = tmp_path / "cut.yaml"
    again.write_text(yaml.safe_dump(settings))
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "samples.jsonl").write_bytes(whole[: int(share * len(whole))])

    assert main(["sample", str(again)]) == 0

    assert samples_of(again) == whole


def test_finished_problems_are_not_drawn_again(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", str(drawn)]) == 0
    assert "8 of 8 problems are in" in capsys.readouterr().out


def test_other_settings_do_not_get_mixed_in(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = samples_of(drawn)
    assert main(["sample", str(drawn), "draw.temperature=0.7"]) == 1
    assert "was begun with other settings (draw differ" in capsys.readouterr().err
    assert samples_of(drawn) == before


def test_another_model_under_the_same_name_is_noticed(
    drawn: Path, tmp_path: Path, random_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "samples.jsonl").write_bytes(samples_of(drawn))
    assert main(["sample", str(drawn), f"output_dir={folder}", f"model={random_model}"]) == 1
    assert "samples.jsonl line 1: policy is" in capsys.readouterr().err
    assert (folder / "samples.jsonl").read_bytes() == samples_of(drawn)


@pytest.mark.slow
def test_a_job_killed_at_a_random_moment_ends_with_the_same_file(
    drawn: Path, tmp_path: Path, tiny_model: str, constant_problems: Path
) -> None:
    file = config(tmp_path / "killed", tiny_model, constant_problems)
    job = start(file)
    wait_for_problems(file, 2, job)
    time.sleep(random.uniform(0, 0.05))
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    assert len(samples_of(file)) < len(samples_of(drawn))

    job = start(file)
    assert job.wait(120) == 0

    assert samples_of(file) == samples_of(drawn)


def start(file: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "rlcode", "sample", str(file)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for_problems(file: Path, problems: int, job: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    path = file.with_suffix("") / "samples.jsonl"
    while not path.exists() or path.read_bytes().count(b"\n") < 4 * problems:
        assert job.poll() is None and time.monotonic() < deadline, "the job ended before it could be killed"
        time.sleep(0.01)


def test_a_program_that_loops_in_every_test_is_run_in_every_test_or_marked() -> None:
    tests = [Test("assert", code=f"assert f({number})") for number in range(4)]
    program = "def f(n):\n    while n != 1: pass\n    return True\n"
    vectors = {}
    for bound in (2, 3):
        with Judge(workers=1, limits=Limits(cpu_seconds=0.3, max_timeouts=bound)) as judge:
            vectors[bound] = judgement(judge.run(program, tests), bound)
    assert vectors[3]["pass_vector"] == ["timeout", "passed", "timeout", "timeout"] and vectors[3]["complete"]
    assert not vectors[2]["complete"]


def test_a_row_of_an_infra_error_has_no_rate() -> None:
    with Judge(workers=1) as judge:
        verdict = judge.run("x = 1\n", [Test("assert", code="assert x == 1")])
    broken = judgement(type(verdict)(**{**vars(verdict), "outcome": "infra_error", "pass_rate": None}), 5)
    row = JudgedSample("p", "q", 0, "x = 1\n", **broken)
    assert not row.complete and row.pass_rate is None
