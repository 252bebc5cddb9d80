"""The same batch gives the same gradients however it is cut into micro-batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from policy_samples import make_samples

from rlcode.algorithms import AlgorithmSettings, batch_totals
from rlcode.config import PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import Policy

ALGORITHMS = {
    "grpo": AlgorithmSettings(advantage="grpo"),
    "grpo, KL in loss": AlgorithmSettings(advantage="grpo", kl_coefficient=0.1, kl_estimator="k3"),
    "reinforce++, KL in reward": AlgorithmSettings(
        advantage="reinforce++", kl_coefficient=0.1, kl_estimator="k1", kl_placement="reward"
    ),
    "sequence-mean": AlgorithmSettings(advantage="rloo", aggregation="sequence-mean"),
    "ratio of sequences": AlgorithmSettings(advantage="grpo", ratio="sequence", aggregation="sequence-mean"),
    "entropy bonus": AlgorithmSettings(advantage="grpo", entropy_coefficient=0.01),
    "truncated correction": AlgorithmSettings(advantage="grpo", correction="truncated"),
}


@pytest.fixture(scope="module")
def samples(random_model: str) -> list[TrainSample]:
    """Samples with the log-probabilities of a policy not far from the model, so that no ratio is clipped away."""
    plain = make_samples(prompts=4, samples_per_prompt=4, seed=0, with_reference=True)
    old = Policy(random_model, PolicyConfig(bf16=False), AlgorithmSettings(), 1.0, 1).logprobs(plain)
    noise = torch.Generator().manual_seed(0)
    near = [values + 0.05 * torch.randn(len(values), generator=noise).numpy() for values in old]
    return [
        replace(sample, old_logprobs=values, engine_logprobs=values, ref_logprobs=values - 0.3)
        for sample, values in zip(plain, near, strict=True)
    ]


def gradients(
    model: str, algorithm: AlgorithmSettings, samples: list[TrainSample], micro_batches: int
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """Gradients of one update that was cut into so many micro-batches, before clipping."""
    tokens = sum(len(sample.prompt_ids) + len(sample.completion_ids) for sample in samples)
    for size in range(tokens, 0, -1):
        settings = PolicyConfig(bf16=False, tokens_per_micro_batch=size, gradient_clip=1e9)
        if len(rows := _rows(samples, size)) >= micro_batches:
            break
    assert len(rows) == micro_batches
    policy = Policy(model, settings, algorithm, temperature=1.0, total_updates=10)
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    result = policy.update(samples, totals, algorithm.kl_coefficient, Path("unused.pt"))
    return {name: parameter.grad for name, parameter in policy.model.named_parameters()}, result.metrics.values()


def _rows(samples: list[TrainSample], size: int) -> list:
    from rlcode.policy.packing import pack

    return pack(samples, size)


@pytest.mark.parametrize("micro_batches", [2, 8])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_gradients_do_not_depend_on_micro_batches(
    random_model: str, samples: list[TrainSample], name: str, micro_batches: int
) -> None:
    whole, whole_metrics = gradients(random_model, ALGORITHMS[name], samples, 1)
    cut, cut_metrics = gradients(random_model, ALGORITHMS[name], samples, micro_batches)
    assert max(float(gradient.abs().max()) for gradient in whole.values()) > 1e-3
    for parameter, gradient in whole.items():
        torch.testing.assert_close(
            cut[parameter], gradient, atol=1e-5, rtol=1e-5, msg=lambda text, p=parameter: f"{p}: {text}"
        )
    assert cut_metrics == pytest.approx(whole_metrics, abs=1e-5)


def test_a_mean_per_micro_batch_would_be_noticed(random_model: str, samples: list[TrainSample]) -> None:
    """The comparison can fail: with totals of the halves, as in a mean of means, the gradients differ."""
    algorithm = ALGORITHMS["grpo"]
    whole, _ = gradients(random_model, algorithm, samples, 1)
    policy = Policy(random_model, PolicyConfig(bf16=False), algorithm, temperature=1.0, total_updates=1)
    halves = [samples[:5], samples[5:]]
    for half in halves:
        totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in half]))
        for row in _rows(half, 10_000):
            loss, _ = policy.loss(row, half, totals, 0.0)
            (loss / len(halves)).backward()
    name = "model.layers.0.self_attn.q_proj.weight"
    wrong = dict(policy.model.named_parameters())[name].grad
    assert float((wrong - whole[name]).abs().max()) > 1e-4
