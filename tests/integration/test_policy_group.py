"""Ranks of the policy as Ray actors: they shard a model between them, and none waits for one that died."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray

from rlcode.algorithms import AlgorithmSettings
from rlcode.cluster import ray_cluster
from rlcode.config import PolicyConfig, TrainConfig
from rlcode.policy.packing import TrainSample
from rlcode.workers import handle as handle_module
from rlcode.workers.handle import RayHandle, WorkerDied, WorkerSpec, WorkerTimeout, all_results, stop_all
from rlcode.workers.policy import PolicyGroup, PolicyWorker

pytestmark = [pytest.mark.slow, pytest.mark.workers, pytest.mark.timeout(600)]
START_SECONDS, UPDATE_SECONDS = 300, 200


@pytest.fixture(scope="module")
def cluster(workplace: Path) -> Iterator[None]:
    with ray_cluster(TrainConfig(output_dir=workplace)):
        yield


@pytest.fixture
def handles(cluster: None, random_model: str, tmp_path: Path) -> Iterator[list[RayHandle]]:
    """Two ranks at ZeRO stage 3, not started yet."""
    settings = PolicyConfig(workers=2, bf16=False, learning_rate=1e-3, deepspeed={"zero_optimization": {"stage": 3}})
    arguments = (random_model, settings, AlgorithmSettings(), 1.0, 10, 0)
    made = [
        RayHandle(
            WorkerSpec(f"policy-{rank}", PolicyWorker, arguments, cpus=0.5, environment={"OMP_NUM_THREADS": "1"}),
            tmp_path,
        )
        for rank in range(2)
    ]
    yield made
    stop_all(made, deadline_seconds=20)


def samples() -> list[TrainSample]:
    random = np.random.default_rng(0)
    return [
        TrainSample([7, 8, group], random.integers(0, 2000, 6).tolist(), np.full(6, -9.0, np.float32), np.ones(6, "f"))
        for group in range(3)
        for _ in range(3)
    ]


def test_sharded_weights_leave_the_group_whole(handles: list[RayHandle], random_model: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    group = PolicyGroup(list(handles), UPDATE_SECONDS, START_SECONDS)
    done = group.update(samples(), updates=1, kl_coefficient=0.0, dump=tmp_path / "failed.pt")
    assert done.grad_norm > 0
    chunks = [ray.get(reference) for reference in group.weight_references()]
    arrived = {name: tensor for chunk in chunks for name, tensor in chunk.tensors()}
    before = dict(AutoModelForCausalLM.from_pretrained(random_model).named_parameters())
    assert arrived.keys() == before.keys()
    moved = max(float((arrived[name] - before[name]).abs().max()) for name in before)
    assert 1e-4 < moved < 2e-3  # one Adam step of 1e-3
    assert len(group.logprobs(samples())) == 9


def test_a_rank_that_dies_is_named_and_the_other_does_not_wait(handles: list[RayHandle], tmp_path: Path) -> None:
    group = PolicyGroup(list(handles), UPDATE_SECONDS, START_SECONDS)
    victim = ray.get(handles[1]._actor.ping.remote())
    os.kill(victim, signal.SIGSTOP)  # rank 0 is then waiting for it when it dies
    threading.Timer(2, os.kill, (victim, signal.SIGKILL)).start()
    began = time.monotonic()
    with pytest.raises(WorkerDied, match="worker policy-1 died"):
        group.update(samples(), updates=1, kl_coefficient=0.0, dump=tmp_path / "failed.pt")
    assert time.monotonic() - began < UPDATE_SECONDS / 2


def test_a_rank_that_dies_while_it_sends_its_weights_is_named(handles: list[RayHandle]) -> None:
    group = PolicyGroup(list(handles), UPDATE_SECONDS, START_SECONDS)
    victim, helper = (ray.get(handle._actor.ping.remote()) for handle in handles)
    os.kill(helper, signal.SIGSTOP)  # rank 0 is then waiting for it, and it finds rank 0 gone
    threading.Timer(2, os.kill, (victim, signal.SIGKILL)).start()
    threading.Timer(3, os.kill, (helper, signal.SIGCONT)).start()
    with pytest.raises(WorkerDied, match=r"worker policy-0 died(.|\n)*\nIf the node's memory ran out"):
        group.weight_references()


def test_a_failure_says_who_else_is_silent(
    handles: list[RayHandle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle_module, "CAUSE_SECONDS", 1)
    silent = ray.get(handles[1]._actor.ping.remote())
    os.kill(silent, signal.SIGSTOP)
    try:
        asked = [handle.submit("save", tmp_path) for handle in handles]  # of ranks that have no model yet
        with pytest.raises(AttributeError) as failure:
            all_results(handles, asked, UPDATE_SECONDS)
    finally:
        os.kill(silent, signal.SIGCONT)
    assert failure.value.__notes__ == ["worker policy-1 has not answered 'save' either"]


def test_a_wait_that_is_over_names_everyone_who_is_silent(handles: list[RayHandle], tmp_path: Path) -> None:
    silent = [ray.get(handle._actor.ping.remote()) for handle in handles]
    for pid in silent:
        os.kill(pid, signal.SIGSTOP)
    try:
        asked = [handle.submit("save", tmp_path) for handle in handles]
        with pytest.raises(WorkerTimeout, match=r"worker policy-0 did not finish(.|\n)*worker policy-1 did not finish"):
            all_results(handles, asked, 1)
    finally:
        for pid in silent:
            os.kill(pid, signal.SIGCONT)
