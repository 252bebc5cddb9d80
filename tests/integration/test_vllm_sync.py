"""The real vLLM engine follows the trainer: after an update both give a text the same probability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("vllm", reason="vLLM is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.workers]

from reward.models import embedded_model  # noqa: E402
from rlcode.algorithms import AlgorithmSettings, batch_totals  # noqa: E402
from rlcode.config import EngineConfig, GapConfig, PolicyConfig, PromptConfig  # noqa: E402
from rlcode.data import Prompt  # noqa: E402
from rlcode.engines import SamplingSettings  # noqa: E402
from rlcode.policy.packing import TrainSample  # noqa: E402
from rlcode.policy.policy import Policy, UpdateResult  # noqa: E402
from rlcode.problems import load_problems  # noqa: E402
from rlcode.prompts import PromptBuilder  # noqa: E402
from rlcode.step_log import RunStopped, check_gap  # noqa: E402
from rlcode.tracking import Tracker  # noqa: E402
from rlcode.weights import WeightChunk, pack_weights  # noqa: E402
from rlcode.workers.rollout import RolloutWorker  # noqa: E402

AGREE_MEAN, AGREE_MAX = 0.001, 0.02  # nats per token, both in float32
SAMPLING = SamplingSettings(temperature=1.0, max_new_tokens=24, stop=("```",), seed=1)


@pytest.fixture(scope="module")
def model() -> str:
    return str(embedded_model())


@pytest.fixture(scope="module")
def prompts(model: str) -> list[Prompt]:
    builder = PromptBuilder(model, PromptConfig())
    return [builder.build(problem) for problem in load_problems("starter/train")[:2]]


@pytest.fixture(scope="module")
def engine(model: str) -> Iterator[RolloutWorker]:
    settings = EngineConfig(engine="vllm", max_sequences=64, kv_cache_gb=0.25)
    worker = RolloutWorker(model, settings, max_tokens=512, dtype="float32", seed=0)
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def policy(model: str) -> Policy:
    """Trains with a learning rate at which one update changes what the model says."""
    return Policy(model, PolicyConfig(bf16=False, learning_rate=3e-4), AlgorithmSettings(), 1.0, total_updates=10)


def write(engine: RolloutWorker, prompts: list[Prompt]) -> list[TrainSample]:
    return [
        TrainSample(prompts[item.prompt_index].ids, item.ids, np.array(item.logprobs, np.float32))
        for _, completions in engine.generate([prompt.ids for prompt in prompts], 2, SAMPLING)
        for item in completions
    ]


def learn_from(policy: Policy, samples: list[TrainSample]) -> UpdateResult:
    """One real update, which also measures the gap between the engine that wrote the samples and the trainer."""
    import torch

    ready = [
        replace(sample, advantages=np.full(len(sample.completion_ids), sign, np.float32))
        for sample, sign in zip(samples, [1, -1] * len(samples), strict=False)
    ]
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in ready]))
    return policy.update(ready, totals, 0.0, Path("unused.pt"))


def gap(policy: Policy, samples: list[TrainSample]) -> tuple[float, float]:
    """Mean and largest difference of log-probabilities, nats per token."""
    engine = np.concatenate([sample.engine_logprobs for sample in samples])
    differences = np.abs(np.concatenate(policy.logprobs(samples)) - engine)
    return float(differences.mean()), float(differences.max())


def test_engine_and_trainer_agree_after_each_update(
    engine: RolloutWorker, policy: Policy, prompts: list[Prompt]
) -> None:
    samples = write(engine, prompts)
    mean, largest = gap(policy, samples)
    assert mean < AGREE_MEAN and largest < AGREE_MAX
    for version in (1, 2):
        learn_from(policy, samples)
        assert gap(policy, samples)[0] > 20 * AGREE_MEAN, "the update changed too little to tell old from new weights"
        engine.load_chunks(version, *policy.weights())
        samples = write(engine, prompts)
        mean, largest = gap(policy, samples)
        assert mean < AGREE_MEAN and largest < AGREE_MAX, f"after update {version} the engine has other weights"
    assert engine.version == 2


def test_a_skipped_update_stops_the_run(
    engine: RolloutWorker, policy: Policy, prompts: list[Prompt], tmp_path: Path
) -> None:
    engine.load_chunks(3, *policy.weights())
    limits = GapConfig(warn=0.01, stop=0.1)
    with Tracker(tmp_path / "run", total_steps=1) as tracker:
        metrics = _as_logged(learn_from(policy, write(engine, prompts)))
        check_gap(metrics, limits, tracker)  # the engine still had the trainer's weights when it wrote
        for _ in range(2):
            learn_from(policy, write(engine, prompts))  # updates that the engine is not told of
        with pytest.raises(RunStopped, match="does not have the trainer's weights"):
            check_gap(_as_logged(learn_from(policy, write(engine, prompts))), limits, tracker)


def _as_logged(result: UpdateResult) -> dict[str, float]:
    return {"logprob_gap/mean": result.metrics.values()["logprob_gap_mean"]}


def test_a_checkpoint_with_a_weight_left_out_is_refused(
    engine: RolloutWorker, policy: Policy, prompts: list[Prompt]
) -> None:
    named = [weight for chunk in policy.weights() for weight in chunk.tensors()]
    with pytest.raises(RuntimeError, match=r"1 weights of vLLM's model were not updated, such as model\.norm\.weight"):
        engine.load_weights(4, lambda _: (weight for weight in named if weight[0] != "model.norm.weight"))
    engine.load_weights(4, lambda _: iter(named))
    mean, largest = gap(policy, write(engine, prompts))
    assert mean < AGREE_MEAN and largest < AGREE_MAX


def test_each_chunk_is_a_message_of_its_own(
    engine: RolloutWorker, policy: Policy, prompts: list[Prompt], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the chunks that a message brings, every process of the engine has a copy until all have loaded them."""
    learn_from(policy, write(engine, prompts))
    weights = [weight for chunk in policy.weights() for weight in chunk.tensors()]
    chunks = [WeightChunk.of(packed) for packed in pack_weights(weights, weights[0][1].dtype, chunk_mb=16)]
    sizes = [chunk.buffer.nbytes for chunk in chunks]
    llm, sent = engine._engine._llm, []
    call = llm.collective_rpc

    def noted(method, *args, **more):
        if method == "update_weights":
            sent.append(sum(chunk.buffer.nbytes for chunk in more["kwargs"]["update_info"]["source"].chunks))
        return call(method, *args, **more)

    monkeypatch.setattr(llm, "collective_rpc", noted)
    assert engine.load_chunks(5, *chunks) == sum(sizes)
    assert sent == sizes and len(sizes) > 10  # most layers lie in two of them
    mean, largest = gap(policy, write(engine, prompts))
    assert mean < AGREE_MEAN and largest < AGREE_MAX


def test_samples_of_a_seed_repeat(engine: RolloutWorker, prompts: list[Prompt]) -> None:
    first, second = write(engine, prompts), write(engine, prompts)
    assert [sample.completion_ids for sample in first] == [sample.completion_ids for sample in second]


def test_more_prompt_tokens_than_a_batch_takes(engine: RolloutWorker) -> None:
    """On a CPU, vLLM ends when it has taken in half a prompt of a completion that has a seed of its own."""
    prompts = [[7 + number] * 450 for number in range(12)]
    sampling = replace(SAMPLING, max_new_tokens=4, seed_each=True)
    written = [item for _, ready in engine.generate(prompts, 1, sampling) for item in ready]
    assert sorted(item.prompt_index for item in written) == list(range(12))
