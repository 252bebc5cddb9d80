"""A packed row gives every token the log-probability it has in its plain sequence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from policy_samples import make_samples
from transformers import AutoModelForCausalLM

from rlcode.policy import logprobs as logprobs_module
from rlcode.policy.logprobs import token_logprobs
from rlcode.policy.packing import TrainSample, pack


@pytest.fixture(scope="module")
def model(random_model: str):
    return AutoModelForCausalLM.from_pretrained(random_model, dtype=torch.float32)


@torch.no_grad()
def plain_logprobs(model, sample: TrainSample, temperature: float = 1.0) -> torch.Tensor:
    """The textbook way: one sequence, all logits, shifted by one."""
    ids = torch.tensor([sample.prompt_ids + sample.completion_ids])
    logprobs = (model(ids).logits[0, :-1].float() / temperature).log_softmax(-1)
    each = logprobs.gather(1, ids[0, 1:, None])[:, 0]
    return each[len(sample.prompt_ids) - 1 :]


def packed_logprobs(model, samples: list[TrainSample], tokens_per_row: int, temperature: float = 1.0):
    found: dict[int, torch.Tensor] = {}
    with torch.no_grad():
        for row in pack(samples, tokens_per_row):
            logprobs_T, _ = token_logprobs(model, row, temperature)
            found |= zip(row.indices_N, logprobs_T.split(row.lengths_N.tolist()), strict=True)
    return [found[index] for index in range(len(samples))]


def assert_equal_to_plain(model, samples: list[TrainSample], tokens_per_row: int, temperature: float = 1.0) -> None:
    for sample, packed in zip(samples, packed_logprobs(model, samples, tokens_per_row, temperature), strict=True):
        torch.testing.assert_close(packed, plain_logprobs(model, sample, temperature), atol=1e-5, rtol=0)


def test_samples_of_one_prompt_share_it(model) -> None:
    samples = make_samples(prompts=1, samples_per_prompt=4, seed=1)
    (row,) = pack(samples, 10_000)
    completion_tokens = sum(len(sample.completion_ids) for sample in samples)
    assert row.ids_1S.shape[1] == len(samples[0].prompt_ids) + completion_tokens
    assert_equal_to_plain(model, samples, 10_000)


def test_several_prompts_in_one_row(model) -> None:
    samples = make_samples(prompts=3, samples_per_prompt=3, seed=2)
    assert len(pack(samples, 10_000)) == 1
    assert_equal_to_plain(model, samples, 10_000)


def test_a_group_split_over_rows(model) -> None:
    samples = make_samples(prompts=1, samples_per_prompt=6, seed=3)
    rows = pack(samples, 16)
    assert len(rows) > 1
    assert all(row.ids_1S[0, : len(samples[0].prompt_ids)].tolist() == samples[0].prompt_ids for row in rows)
    assert_equal_to_plain(model, samples, 16)


def test_samples_of_a_prompt_that_arrive_apart(model) -> None:
    samples = make_samples(prompts=3, samples_per_prompt=4, seed=4)
    shuffled = [samples[index] for index in np.random.default_rng(0).permutation(len(samples))]
    assert_equal_to_plain(model, shuffled, 60)


def test_completions_of_one_token(model) -> None:
    samples = [TrainSample([11, 12, 13], [token], np.zeros(1, np.float32)) for token in (5, 6, 7)]
    assert_equal_to_plain(model, samples, 10_000)


def test_a_completion_without_tokens_moves_nothing(model) -> None:
    first, *others = make_samples(prompts=2, samples_per_prompt=2, seed=11)
    empty = TrainSample(first.prompt_ids, [], np.zeros(0, np.float32))
    found = packed_logprobs(model, [first, empty, *others], 10_000)
    assert len(found.pop(1)) == 0
    for packed, plain in zip(found, packed_logprobs(model, [first, *others], 10_000), strict=True):
        torch.testing.assert_close(packed, plain, atol=1e-5, rtol=0)


def test_a_prompt_of_one_token(model) -> None:
    samples = [TrainSample([11], [5, 6, 7], np.zeros(3, np.float32)), TrainSample([11], [8], np.zeros(1, np.float32))]
    assert_equal_to_plain(model, samples, 10_000)


def test_a_temperature_other_than_one(model) -> None:
    assert_equal_to_plain(model, make_samples(prompts=2, samples_per_prompt=2, seed=5), 10_000, temperature=0.7)


def test_rows_keep_to_their_size(model) -> None:
    samples = make_samples(prompts=8, samples_per_prompt=4, seed=6)
    sizes = [row.ids_1S.shape[1] for row in pack(samples, 64)]
    assert max(sizes) <= 64
    assert sum(len(row.indices_N) for row in pack(samples, 64)) == len(samples)


def test_a_sample_longer_than_a_row_gets_its_own(model) -> None:
    samples = make_samples(prompts=2, samples_per_prompt=1, seed=7)
    assert [row.indices_N for row in pack(samples, 3)] == [[0], [1]]
    assert_equal_to_plain(model, samples, 3)


def test_a_completion_does_not_see_its_neighbours(model) -> None:
    first, second = make_samples(prompts=1, samples_per_prompt=2, seed=8)
    other = TrainSample(second.prompt_ids, second.completion_ids[::-1], second.engine_logprobs)
    before = packed_logprobs(model, [first, second], 10_000)[0]
    after = packed_logprobs(model, [first, other], 10_000)[0]
    assert torch.equal(before, after)


def test_chunks_of_the_head_change_nothing(model, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = pack(make_samples(prompts=2, samples_per_prompt=3, seed=9), 10_000)
    whole = token_logprobs(model, row, 1.0)
    whole[0].mean().backward()
    gradient = model.get_input_embeddings().weight.grad.clone()
    model.zero_grad()
    monkeypatch.setattr(logprobs_module, "CHUNK_TOKENS", 4)
    monkeypatch.setattr(logprobs_module, "TILE_TOKENS", 4)
    chunked = token_logprobs(model, row, 1.0)
    chunked[0].mean().backward()
    torch.testing.assert_close(chunked[0], whole[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(chunked[1], whole[1], atol=1e-5, rtol=0)
    torch.testing.assert_close(model.get_input_embeddings().weight.grad, gradient, atol=1e-6, rtol=1e-5)
    model.zero_grad()


def test_entropy_is_that_of_the_whole_distribution(model) -> None:
    (sample,) = make_samples(prompts=1, samples_per_prompt=1, seed=10)
    (row,) = pack([sample], 10_000)
    with torch.no_grad():
        _, entropy_T = token_logprobs(model, row, 1.0)
        logits = model(torch.tensor([sample.prompt_ids + sample.completion_ids])).logits[0]
    expected = torch.distributions.Categorical(logits=logits[len(sample.prompt_ids) - 1 : -1]).entropy()
    torch.testing.assert_close(entropy_T, expected, atol=1e-4, rtol=0)
