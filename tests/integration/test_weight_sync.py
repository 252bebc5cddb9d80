"""Weights from a policy that is spread over two ranks into an engine that is spread over two processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray
from nodes import descendants
from spoiled import SpoiledFor

pytest.importorskip("vllm", reason="vLLM is not installed")

from rlcode.algorithms import AlgorithmSettings
from rlcode.cluster import ray_cluster
from rlcode.config import EngineConfig, PolicyConfig, TrainConfig, WeightTransfer
from rlcode.engines import SamplingSettings
from rlcode.policy.packing import TrainSample
from rlcode.weights import FromBroadcast, Meeting, WeightChunk, pack_weights
from rlcode.workers.handle import RayHandle, WorkerDied, WorkerSpec, all_results, stop_all
from rlcode.workers.policy import PolicyGroup, PolicyWorker
from rlcode.workers.rollout import RolloutGroup, RolloutWorker
from rlcode.workers.weight_sync import WeightSync

pytestmark = [pytest.mark.slow, pytest.mark.workers, pytest.mark.timeout(600)]
SECONDS = 300
PROMPT = [5, 6, 7]
SAMPLING = SamplingSettings(temperature=1.0, max_new_tokens=32, seed=3)
# vLLM would bind each process to a NUMA node of its own, and there is one.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "PYTHONPATH": str(Path(__file__).parent)}


@pytest.fixture(scope="module")
def groups(
    workplace: Path, random_model: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PolicyGroup, RolloutGroup]]:
    tmp_path = tmp_path_factory.mktemp("groups")
    shared_before = set(Path("/dev/shm").glob("vllm_*"))
    old, new = (divisible_model(random_model, tmp_path / str(seed), seed) for seed in (1, 2))
    sharded = PolicyConfig(workers=2, bf16=False, deepspeed={"zero_optimization": {"stage": 3}})
    parallel = EngineConfig(engine="vllm", tensor_parallel=2, max_sequences=8, kv_cache_gb=0.1)
    learner, writer = (new, sharded, AlgorithmSettings(), 1.0, 10, 0), (old, parallel, 64, "float32", 0)
    specs = [WorkerSpec(f"policy-{rank}", PolicyWorker, learner, 0.5, environment=ENVIRONMENT) for rank in range(2)]
    specs.append(WorkerSpec("rollout-0", RolloutWorker, writer, 0.5, environment=ENVIRONMENT))
    with ray_cluster(TrainConfig(output_dir=workplace)):
        *ranks, engine = handles = [RayHandle(spec, tmp_path) for spec in specs]
        try:
            yield PolicyGroup(list(ranks), SECONDS, SECONDS), RolloutGroup([engine], SECONDS)
        finally:
            stop_all(list(handles), deadline_seconds=20)
    assert set(Path("/dev/shm").glob("vllm_*")) <= shared_before


def test_the_engine_has_the_policys_weights_whatever_way_they_came(
    groups: tuple[PolicyGroup, RolloutGroup],
) -> None:
    policy, engines = groups
    assert gap(policy, engines) > 0.1  # another model's
    ways: list[WeightTransfer] = ["broadcast", "shared_memory"]
    for version, way in enumerate(ways, start=1):
        report = WeightSync(way, policy, engines, processes_per_engine=2).load(version)
        assert report.bytes > 1e6
        assert gap(policy, engines) < 1e-3
    sync = WeightSync("broadcast", policy, engines, processes_per_engine=2)
    for version in (3, 4):  # the second time in the group that is there
        sync.load(version)
    assert gap(policy, engines) < 1e-3
    chunks = small_chunks(policy)
    size = engines.handles[0].call("load_chunks", 5, *chunks, deadline_seconds=SECONDS)
    assert size == sum(chunk.buffer.nbytes for chunk in chunks) and len(chunks) > 5
    assert gap(policy, engines) < 1e-3


def small_chunks(policy: PolicyGroup) -> list[WeightChunk]:
    """The policy's weights in chunks that are smaller than a layer."""
    weights = [weight for reference in policy.weight_references() for weight in ray.get(reference).tensors()]
    return [WeightChunk.of(packed) for packed in pack_weights(weights, weights[0][1].dtype, chunk_mb=1 / 32)]


def test_an_engine_that_loses_a_process_is_started_again(groups: tuple[PolicyGroup, RolloutGroup]) -> None:
    policy, engines = groups
    victim = second_process(engines)
    writing = engines.handles[0].stream("generate", [PROMPT], 500, SAMPLING, deadline_seconds=SECONDS)
    next(writing)
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(WorkerDied, match=r"worker rollout-0 died(.|\n)*a part of the engine ended: .* status -9"):
        list(writing)
    engines.restart_dead(SECONDS)
    sync = WeightSync("broadcast", policy, engines, processes_per_engine=2)
    sync.load(7)
    assert engines.restarts == 1 and gap(policy, engines) < 1e-3


def second_process(engines: RolloutGroup) -> int:
    """The id of one of the processes that the engine is spread over."""
    actor = ray.get(engines.handles[0]._actor.ping.remote())
    (second,) = [pid for pid in descendants(actor) if "Worker_TP1" in Path(f"/proc/{pid}/cmdline").read_text()]
    return second


def test_a_process_that_cannot_take_its_weights_holds_nobody_up(groups: tuple[PolicyGroup, RolloutGroup]) -> None:
    policy, engines = groups
    place = policy.handles[0].call("open_place", deadline_seconds=SECONDS)
    meeting = Meeting(place, ranks=3, deadline_seconds=60)
    began = time.monotonic()
    sending = [rank.submit("send_weights", meeting) for rank in policy.handles]
    with pytest.raises(RuntimeError, match="Worker failed with error"):
        engines.handles[0].call("load_weights", 6, SpoiledFor(1, FromBroadcast(meeting, 1)), deadline_seconds=SECONDS)
    all_results(policy.handles, sending, SECONDS)
    assert time.monotonic() - began < 30


def test_a_process_that_ends_while_it_has_nothing_to_do_is_missed_by_the_next_sync(
    groups: tuple[PolicyGroup, RolloutGroup],
) -> None:
    policy, engines = groups
    os.kill(second_process(engines), signal.SIGKILL)
    with pytest.raises(WorkerDied, match=r"worker rollout-0 died"):
        WeightSync("broadcast", policy, engines, processes_per_engine=2).load(8)


def gap(policy: PolicyGroup, engines: RolloutGroup) -> float:
    """Mean difference of log-probabilities between engine and policy, nats per token."""
    stream = engines.handles[0].stream("generate", [PROMPT], 2, SAMPLING, deadline_seconds=SECONDS)
    samples = [
        TrainSample(PROMPT, item.ids, np.array(item.logprobs, np.float32)) for _, items in stream for item in items
    ]
    engine_logprobs = np.concatenate([sample.engine_logprobs for sample in samples])
    return float(np.abs(np.concatenate(policy.logprobs(samples)) - engine_logprobs).mean())


def divisible_model(like: str, folder: Path, seed: int) -> str:
    """A random model whose heads two processes can share, of a size that vLLM takes on a CPU."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig.from_pretrained(like, num_attention_heads=2, num_key_value_heads=2, head_dim=32)
    LlamaForCausalLM(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(like).save_pretrained(folder)
    return str(folder)
