"""Adapters: they alone learn, the base stays the reference, and everybody else sees one merged model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from policy_samples import make_samples
from transformers import AutoModelForCausalLM

from reward.settings import ConfigError
from rlcode.algorithms import AlgorithmSettings, batch_totals
from rlcode.config import LoraConfig, PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import Policy

KL = AlgorithmSettings(kl_coefficient=0.1)


def make_policy(model: str, bf16: bool = False, **lora: object) -> Policy:
    settings = PolicyConfig(bf16=bf16, learning_rate=1e-2, lora=LoraConfig(rank=4, **lora))
    return Policy(model, settings, KL, temperature=1.0, total_updates=10)


def update(policy: Policy, samples: list[TrainSample]) -> None:
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    policy.update(samples, totals, 0.1, Path("unused.pt"))


@pytest.fixture
def samples() -> list[TrainSample]:
    return make_samples(prompts=3, samples_per_prompt=3, seed=21, with_reference=True)


def test_gradients_reach_adapters_only(random_model: str, samples: list[TrainSample]) -> None:
    policy = make_policy(random_model)
    before = {name: tensor.clone() for name, tensor in policy.model.named_parameters()}
    update(policy, samples)
    update(policy, samples)  # the first can only move lora_B: it starts at zero
    changed = {name for name, tensor in policy.model.named_parameters() if not torch.equal(tensor, before[name])}
    assert changed == {name for name in before if ".lora_" in name}
    assert len(changed) == 2 * 7 * 2  # A and B of seven layers in each of two blocks


def test_the_reference_is_the_model_without_its_adapters(random_model: str, samples: list[TrainSample]) -> None:
    policy = make_policy(random_model)
    assert policy.reference is None, "a second copy of the model was loaded"
    before = np.concatenate(policy.logprobs(samples))
    update(policy, samples)
    np.testing.assert_array_equal(before, np.concatenate(policy.logprobs(samples, reference=True)))
    assert np.abs(before - np.concatenate(policy.logprobs(samples))).max() > 1e-3
    update(policy, samples)  # adapters learn on after they were switched off
    assert all(tensor.grad is not None for name, tensor in policy.model.named_parameters() if ".lora_" in name)


@pytest.mark.parametrize("bf16", [False, True])
def test_engines_get_the_merged_model_under_its_plain_names(
    random_model: str, samples: list[TrainSample], bf16: bool, tmp_path: Path
) -> None:
    policy = make_policy(random_model, bf16=bf16)
    update(policy, samples)
    arrived = {name: tensor for chunk in policy.weights() for name, tensor in chunk.tensors()}
    engine = AutoModelForCausalLM.from_pretrained(random_model, dtype=torch.float32)
    assert arrived.keys() == dict(engine.named_parameters()).keys()
    engine.load_state_dict({name: tensor.float() for name, tensor in arrived.items()}, strict=False)
    policy.save_pretrained(tmp_path)
    exported = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert exported.dtype == (torch.bfloat16 if bf16 else torch.float32)
    ids = torch.tensor([samples[0].prompt_ids + samples[0].completion_ids])
    with torch.no_grad():
        mine, theirs = policy.model(ids).logits, engine(ids).logits
    torch.testing.assert_close(theirs, mine.float(), atol=0.2 if bf16 else 1e-4, rtol=0)
    for name, tensor in exported.named_parameters():
        assert torch.equal(tensor, arrived[name])


def test_adapters_are_resumed(random_model: str, samples: list[TrainSample], tmp_path: Path) -> None:
    policy, resumed = make_policy(random_model, dropout=0.3), make_policy(random_model, dropout=0.3)
    update(policy, samples)
    policy.save(tmp_path)
    update(policy, samples)
    resumed.load(tmp_path)
    update(resumed, samples)
    expected = dict(policy.model.named_parameters())
    assert all(torch.equal(expected[name], tensor) for name, tensor in resumed.model.named_parameters())


def test_dropout_is_for_the_update_alone(random_model: str, samples: list[TrainSample]) -> None:
    policy = make_policy(random_model, dropout=0.5)
    update(policy, samples)
    one, two = policy.logprobs(samples), policy.logprobs(samples)
    np.testing.assert_array_equal(np.concatenate(one), np.concatenate(two))


@pytest.mark.parametrize(("target", "said"), [("q_prj", "q_prj"), ("lm_head", "lm_head")])
def test_a_target_that_cannot_be_adapted_is_named(random_model: str, target: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"policy\.lora\.target_modules.*{said}"):
        make_policy(random_model, target_modules=[target])
