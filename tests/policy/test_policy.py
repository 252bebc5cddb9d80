"""One rank of the policy: weights out and in, refused updates, learning rates, saving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from policy_samples import make_samples
from transformers import AutoModelForCausalLM

from reward.settings import ConfigError
from rlcode.algorithms import AlgorithmSettings, batch_totals, merge
from rlcode.checkpoint import CheckpointError
from rlcode.config import PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import NotFinite, Policy
from rlcode.policy.replay import load, replay
from rlcode.weights import WeightChunk, pack_weights


def make_policy(model: str, total_updates: int = 10, algorithm: AlgorithmSettings | None = None, **settings) -> Policy:
    return Policy(
        model, PolicyConfig(**{"bf16": False, **settings}), algorithm or AlgorithmSettings(), 1.0, total_updates
    )


def update(policy: Policy, samples: list[TrainSample], dump: Path = Path("unused.pt")):
    return policy.update(samples, batch_totals(torch.tensor([len(s.completion_ids) for s in samples])), 0.0, dump)


def weights_of(policy: Policy) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in policy.model.named_parameters()}


def test_an_update_makes_rewarded_completions_likelier(random_model: str) -> None:
    good, bad = make_samples(prompts=1, samples_per_prompt=2, seed=1)
    samples = [
        replace(good, advantages=np.ones_like(good.advantages)),
        replace(bad, advantages=-np.ones_like(bad.advantages)),
    ]
    policy = make_policy(random_model, learning_rate=1e-4)
    before = [values.sum() for values in policy.logprobs(samples)]
    for _ in range(3):
        update(policy, samples)
    after = [values.sum() for values in policy.logprobs(samples)]
    assert after[0] > before[0]
    assert after[1] < before[1]


@pytest.mark.parametrize("algorithm", [AlgorithmSettings(), AlgorithmSettings(ratio="sequence", correction="masked")])
def test_samples_without_an_advantage_have_no_way_back(random_model: str, algorithm: AlgorithmSettings) -> None:
    """Gradients and metrics are those of a backward pass through every sample."""
    samples = make_samples(prompts=4, samples_per_prompt=3, seed=6)
    samples[3:9] = [replace(sample, advantages=0 * sample.advantages) for sample in samples[3:9]]
    policy, by_hand = (make_policy(random_model, algorithm=algorithm, gradient_clip=1e9) for _ in range(2))
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
    whole = [by_hand.loss(row, samples, totals, 0.0) for row in by_hand.rows(samples)]
    for loss, _ in whole:
        loss.backward()

    tokens_back = []
    policy.model.lm_head.register_full_backward_hook(lambda module, given, back: tokens_back.append(len(back[0])))
    metrics = update(policy, samples).metrics.values()
    assert sum(tokens_back) == sum(len(sample.completion_ids) for sample in samples if sample.has_advantage())
    assert metrics == pytest.approx(merge(part for _, part in whole).values(), abs=1e-5)
    for name, parameter in by_hand.model.named_parameters():
        torch.testing.assert_close(dict(policy.model.named_parameters())[name].grad, parameter.grad)


def test_a_loss_that_is_no_number_is_refused_where_it_has_no_gradient(random_model: str, tmp_path: Path) -> None:
    policy = make_policy(random_model, learning_rate=1e-2)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=3)
    nothing = np.zeros(1, np.float32)
    samples[2] = replace(samples[2], completion_ids=[7], engine_logprobs=nothing, advantages=nothing)
    with torch.no_grad():
        policy.model.get_input_embeddings().weight[7] = float("inf")
    before = weights_of(policy)
    with pytest.raises(NotFinite, match="samples 2 of this rank's"):
        update(policy, samples, tmp_path / "failed.pt")
    assert all(torch.equal(before[name], parameter) for name, parameter in policy.model.named_parameters())


def test_a_policy_without_kl_loads_no_reference(random_model: str) -> None:
    assert make_policy(random_model).reference is None
    assert make_policy(random_model, algorithm=AlgorithmSettings(kl_coefficient=0.1)).reference is not None


def test_the_reference_stays_where_it_was(random_model: str) -> None:
    algorithm = AlgorithmSettings(kl_coefficient=0.1)
    policy = make_policy(random_model, algorithm=algorithm, learning_rate=1e-3)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=2, with_reference=True)
    before = policy.logprobs(samples, reference=True)
    np.testing.assert_array_equal(np.concatenate(before), np.concatenate(policy.logprobs(samples)))
    update(policy, samples)
    np.testing.assert_array_equal(np.concatenate(before), np.concatenate(policy.logprobs(samples, reference=True)))
    assert not np.array_equal(np.concatenate(before), np.concatenate(policy.logprobs(samples)))


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_changes_nothing(random_model: str, tmp_path: Path, broken: float) -> None:
    policy = make_policy(random_model, learning_rate=1e-2)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=3)
    samples[2].advantages[0] = broken
    before = weights_of(policy)
    with pytest.raises(NotFinite, match=str(tmp_path / "failed.pt")):
        update(policy, samples, tmp_path / "failed.pt")
    assert all(torch.equal(before[name], parameter) for name, parameter in policy.model.named_parameters())


def test_a_refused_update_is_replayed(random_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = make_policy(random_model, learning_rate=1e-2)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=3)
    update(policy, samples)  # so that the weights are not those of the model it began with
    samples[2].advantages[0] = float("nan")
    with pytest.raises(NotFinite, match=r"rlcode\.policy\.replay"):
        update(policy, samples, tmp_path / "failed.pt")
    before = weights_of(policy)
    assert replay(load([tmp_path / "failed.pt"])) == [2]
    said = capsys.readouterr().out
    assert "sample 2 (" in said and "the loss of rank 0 is not finite" in said
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "failed", dtype=torch.float32)
    assert all(torch.equal(before[name], parameter) for name, parameter in saved.named_parameters())


def test_weights_that_are_no_numbers_are_in_the_replay(random_model: str, tmp_path: Path) -> None:
    policy = make_policy(random_model)
    with torch.no_grad():
        policy.model.get_input_embeddings().weight[7] = float("nan")
    with pytest.raises(NotFinite):
        update(policy, make_samples(prompts=1, samples_per_prompt=2, seed=5), tmp_path / "failed.pt")
    assert replay(load([tmp_path / "failed.pt"])) == [0, 1]


def test_log_probabilities_that_are_no_numbers_are_refused(random_model: str, tmp_path: Path) -> None:
    policy = make_policy(random_model, learning_rate=1e-2)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=3)
    samples[3].engine_logprobs[1] = float("-inf")
    before = weights_of(policy)
    with pytest.raises(NotFinite, match="samples 3 of this rank's"):
        update(policy, samples, tmp_path / "failed.pt")
    assert all(torch.equal(before[name], parameter) for name, parameter in policy.model.named_parameters())


def test_in_bfloat16_the_reference_begins_where_the_policy_does(random_model: str) -> None:
    policy = make_policy(random_model, algorithm=AlgorithmSettings(kl_coefficient=0.1), bf16=True)
    samples = make_samples(prompts=2, samples_per_prompt=2, seed=2)
    reference = np.concatenate(policy.logprobs(samples, reference=True))
    np.testing.assert_array_equal(reference, np.concatenate(policy.logprobs(samples)))


def test_a_policy_trains_on_after_a_refused_update(random_model: str, tmp_path: Path) -> None:
    healthy = make_samples(prompts=2, samples_per_prompt=2, seed=4)
    broken = [replace(sample, advantages=np.full_like(sample.advantages, np.nan)) for sample in healthy]
    policy, untouched = make_policy(random_model), make_policy(random_model)
    with pytest.raises(NotFinite):
        update(policy, broken, tmp_path / "failed.pt")
    update(policy, healthy)
    update(untouched, healthy)
    expected = weights_of(untouched)
    assert all(torch.equal(expected[name], parameter) for name, parameter in policy.model.named_parameters())


def test_weights_that_are_no_numbers_are_refused_by_their_gradient(random_model: str, tmp_path: Path) -> None:
    """A finite loss with an infinite gradient: the norm is looked at too."""
    policy = make_policy(random_model)
    next(policy.model.parameters()).register_hook(lambda gradient: gradient * float("inf"))
    before = weights_of(policy)
    with pytest.raises(NotFinite, match="norm"):
        update(policy, make_samples(prompts=1, samples_per_prompt=2, seed=5), tmp_path / "failed.pt")
    assert all(torch.equal(before[name], parameter) for name, parameter in policy.model.named_parameters())


def test_the_gradient_is_clipped(random_model: str) -> None:
    policy = make_policy(random_model, gradient_clip=1e-3)
    result = update(policy, make_samples(prompts=2, samples_per_prompt=2, seed=6))
    norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in policy.model.parameters()])
    assert result.grad_norm > 1e-3
    assert float(norm) == pytest.approx(1e-3, rel=1e-3)


def learning_rates(model: str, **settings) -> list[float]:
    """What each of six updates used."""
    policy = make_policy(model, total_updates=6, learning_rate=1.0, gradient_clip=1e-12, **settings)
    rates = []
    for _ in range(6):
        rates.append(policy.schedule.get_last_lr()[0])
        policy.learner.optimizer.step()
        policy.schedule.step()
    return rates


def test_learning_rate_schedules(random_model: str) -> None:
    assert learning_rates(random_model) == [1.0] * 6
    assert learning_rates(random_model, schedule="linear") == pytest.approx([1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    warm = learning_rates(random_model, schedule="linear", warmup_updates=2)
    assert warm == pytest.approx([1 / 3, 2 / 3, 1, 3 / 4, 2 / 4, 1 / 4])
    cosine = learning_rates(random_model, schedule="cosine")
    assert cosine[0] == 1 and cosine[3] == pytest.approx(0.5) and sorted(cosine, reverse=True) == cosine


def test_a_resumed_run_takes_optimiser_and_schedule_from_its_own_config(random_model: str, tmp_path: Path) -> None:
    samples = make_samples(prompts=1, samples_per_prompt=2, seed=7)
    policy = make_policy(random_model, total_updates=2, learning_rate=1e-3, schedule="linear")
    for _ in range(2):
        update(policy, samples)
    policy.save(tmp_path)
    longer = make_policy(random_model, total_updates=8, learning_rate=2e-3, schedule="linear", weight_decay=0.1)
    longer.load(tmp_path)
    assert longer.learner.optimizer.param_groups[0]["weight_decay"] == 0.1
    assert update(longer, samples).learning_rate == pytest.approx(2e-3 * 6 / 8)
    assert longer.learner.optimizer.param_groups[0]["lr"] == pytest.approx(2e-3 * 5 / 8)


@pytest.mark.parametrize("kept", [None, 0, 1000, -1000])
def test_a_damaged_checkpoint_names_its_file(random_model: str, tmp_path: Path, kept: int | None) -> None:
    policy = make_policy(random_model)
    policy.save(tmp_path)
    content = (tmp_path / "policy.pt").read_bytes()
    (tmp_path / "policy.pt").unlink()
    if kept is not None:
        (tmp_path / "policy.pt").write_bytes(content[:kept])
    with pytest.raises(CheckpointError, match=r"policy\.pt cannot be read .*older step"):
        policy.load(tmp_path)


def test_a_checkpoint_of_other_parameters_is_refused(random_model: str, tmp_path: Path) -> None:
    make_policy(random_model).save(tmp_path)
    with pytest.raises(ConfigError, match=r"policy\.lora.*model="):
        make_policy(random_model, lora={"rank": 2}).load(tmp_path)


def test_weights_arrive_as_they_left(random_model: str) -> None:
    weights = {
        "a": torch.randn(3, 5),
        "scalar": torch.tensor(2.0),
        "large": torch.randn(600, 1000),
        "b": torch.randn(7),
    }
    chunks = [WeightChunk.of(packed) for packed in pack_weights(weights.items(), torch.float32, chunk_mb=1)]
    assert [chunk.names for chunk in chunks] == [["a", "scalar"], ["large"], ["b"]]
    arrived = {name: tensor for chunk in chunks for name, tensor in chunk.tensors()}
    assert arrived.keys() == weights.keys()
    for name, tensor in weights.items():
        assert torch.equal(arrived[name], tensor)


def test_weights_are_cast_once(random_model: str) -> None:
    policy = make_policy(random_model, bf16=True)
    arrived = {name: tensor for chunk in policy.weights() for name, tensor in chunk.tensors()}
    assert arrived.keys() == dict(policy.model.named_parameters()).keys()
    for name, parameter in policy.model.named_parameters():
        assert torch.equal(arrived[name], parameter.detach().bfloat16())


@pytest.mark.parametrize("bf16", [False, True])
def test_a_saved_policy_is_a_plain_hugging_face_folder(random_model: str, tmp_path: Path, bf16: bool) -> None:
    policy = make_policy(random_model, learning_rate=1e-3, bf16=bf16)
    update(policy, make_samples(prompts=2, samples_per_prompt=2, seed=8))
    policy.save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert loaded.dtype == (torch.bfloat16 if bf16 else torch.float32)
    for name, tensor in loaded.named_parameters():
        assert torch.equal(tensor, dict(policy.model.named_parameters())[name].to(tensor.dtype))


def test_a_restored_policy_goes_on_as_if_never_stopped(random_model: str, tmp_path: Path) -> None:
    settings = {"learning_rate": 1e-3, "schedule": "linear", "warmup_updates": 2}
    batches = [make_samples(prompts=2, samples_per_prompt=2, seed=seed) for seed in range(4)]
    policy = make_policy(random_model, **settings)
    for batch in batches[:2]:
        update(policy, batch)
    policy.save(tmp_path)
    for batch in batches[2:]:
        update(policy, batch)
    resumed = make_policy(random_model, **settings)
    resumed.load(tmp_path)
    for batch in batches[2:]:
        update(resumed, batch)
    expected = weights_of(policy)
    assert all(torch.equal(expected[name], parameter) for name, parameter in resumed.model.named_parameters())
