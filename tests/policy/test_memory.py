"""A policy that runs out of memory says what of, and which settings to change."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from policy_samples import make_samples

from rlcode.algorithms import AlgorithmSettings, batch_totals
from rlcode.config import PolicyConfig
from rlcode.policy.memory import OutOfMemory, holding_model
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import Policy

REPOSITORY = Path(__file__).parents[2]


def used_bytes() -> int:
    """Address space of this process."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def update_with_little_memory(model: str, headroom_mb: int, **settings: object) -> str:
    """Run out of memory in an update; for a process that can afford to lose most of its address space."""
    torch.set_num_threads(1)
    policy = Policy(model, PolicyConfig(bf16=False, **settings), AlgorithmSettings(), 1.0, 10)
    short = make_samples(prompts=8, samples_per_prompt=1, seed=0)
    samples = [TrainSample(s.prompt_ids * 40, s.completion_ids * 40, s.engine_logprobs, s.advantages) for s in short]
    samples = [TrainSample(s.prompt_ids, s.completion_ids, *_long(len(s.completion_ids))) for s in samples]
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    limit = used_bytes() + headroom_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        policy.update(samples, totals, 0.0, Path("unused.pt"))
        return "nothing"
    except OutOfMemory as error:
        return str(error)


def _long(length: int) -> tuple:
    return torch.full((length,), -9.0).numpy(), torch.ones(length).numpy()


def in_a_process(function: str, *arguments: object, **settings: object) -> str:
    code = f"import test_memory; print(test_memory.{function}(*{arguments!r}, **{settings!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.timeout(300)
def test_a_pass_names_the_tokens_of_a_row_and_what_to_lower(wide_model: str) -> None:
    said = in_a_process("update_with_little_memory", wide_model, 60, tokens_per_micro_batch=100_000)
    assert "lower policy.tokens_per_micro_batch (100000) below" in said
    assert "policy.gradient_checkpointing" in said and "you tried to allocate" in said


def map_with_little_memory(file: str) -> str:
    """Map a file of weights, as loading a model does, that the address space has no room for."""
    limit = used_bytes() + 256 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        with holding_model(PolicyConfig()):
            torch.from_file(file, size=2**28)
        return "nothing"
    except OutOfMemory as error:
        return str(error)


@pytest.mark.timeout(300)
def test_weights_that_cannot_be_mapped_name_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "weights").touch()
    os.truncate(tmp_path / "weights", 2**30)
    said = in_a_process("map_with_little_memory", str(tmp_path / "weights"))
    assert "set policy.deepspeed" in said and "unable to mmap 1073741824 bytes" in said


@pytest.mark.timeout(300)
def test_an_error_of_another_kind_is_left_alone(random_model: str) -> None:
    policy = Policy(random_model, PolicyConfig(bf16=False), AlgorithmSettings(), 1.0, 10)
    (sample,) = make_samples(prompts=1, samples_per_prompt=1, seed=0)
    sample.completion_ids[0] = 10**6  # beyond the vocabulary
    with pytest.raises(IndexError):
        policy.logprobs([sample])
