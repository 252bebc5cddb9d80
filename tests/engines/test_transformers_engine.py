"""The transformers engine against the model it holds."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM

from rlcode.config import EngineConfig, PromptConfig
from rlcode.data import Completion
from rlcode.engines import SamplingSettings, choose_engine
from rlcode.engines.transformers_engine import TransformersEngine
from rlcode.problems import load_problems
from rlcode.prompts import PromptBuilder


@pytest.fixture(scope="module")
def engine(tiny_model: str) -> TransformersEngine:
    return TransformersEngine(tiny_model, max_sequences=5, dtype="float32")


@pytest.fixture(scope="module")
def prompts(tiny_model: str, constant_problems) -> list[list[int]]:
    """Prompts of unequal length, so that the engine has to pad."""
    builder = PromptBuilder(tiny_model, PromptConfig(prefill="starter"))
    ids = [builder.build(problem).ids for problem in load_problems(str(constant_problems))[:3]]
    return [ids[0], ids[1][-7:], ids[2][3:]]


def write(
    engine: TransformersEngine, prompts: list[list[int]], samples: int = 2, **sampling: object
) -> list[Completion]:
    settings = SamplingSettings(**{"max_new_tokens": 8, **sampling})
    completions = [item for ready in engine.generate(prompts, samples, settings) for item in ready]
    return sorted(completions, key=lambda item: item.prompt_index)


@torch.no_grad()
def expected_logprobs(model, prompt: list[int], completion: list[int], temperature: float = 1.0) -> torch.Tensor:
    logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1] / temperature
    return logits.log_softmax(-1).gather(1, torch.tensor(completion)[:, None])[:, 0]


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logprobs_are_the_models(
    engine: TransformersEngine, prompts: list[list[int]], tiny_model: str, temperature: float
) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    for item in write(engine, prompts, samples=3, temperature=temperature, seed=1):
        expected = expected_logprobs(model, prompts[item.prompt_index], item.ids, temperature)
        torch.testing.assert_close(torch.tensor(item.logprobs), expected, atol=1e-4, rtol=0)


def test_every_prompt_gets_its_samples(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    """Nine completions in batches of five."""
    indices = [item.prompt_index for item in write(engine, prompts, samples=3)]
    assert indices == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_same_seed_gives_the_same_text(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    once, again, other = (write(engine, prompts, 4, seed=seed) for seed in (1, 1, 2))
    assert once == again
    assert [item.ids for item in once] != [item.ids for item in other]


def test_temperature_zero_takes_the_likeliest(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    first, second = write(engine, prompts[:1], 2, temperature=0)
    assert first.ids == second.ids
    assert first.ids == write(engine, prompts[:1], 1, top_k=1, seed=9)[0].ids


def test_a_stop_string_ends_a_completion_and_stays_in_it(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    for item in write(engine, prompts[:1], 4, stop=("return",), seed=1):
        assert item.text.endswith("return") and item.finish_reason == "stop"
        assert len(item.ids) == len(item.logprobs)


def test_a_completion_that_does_not_stop_is_cut_off(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    for item in write(engine, prompts[:1], 2, max_new_tokens=2, seed=1):
        assert len(item.ids) == 2 and item.finish_reason == "length"


def digits(completions: list[Completion]) -> set[str]:
    return {item.text.split()[1] for item in completions}


def test_top_k_and_top_p_leave_only_the_likeliest(
    engine: TransformersEngine, prompts: list[list[int]], tiny_model: str
) -> None:
    """The taught model has four digits of like chance to choose from, and nothing else to choose."""
    everything = {"samples": 40, "max_new_tokens": 6, "stop": ("```",), "seed": 3}
    assert digits(write(engine, prompts[:1], **everything)) == {"0", "1", "2", "3"}
    assert len(digits(write(engine, prompts[:1], top_k=2, **everything))) == 2
    assert len(digits(write(engine, prompts[:1], top_p=0.3, **everything))) == 2
    assert len(digits(write(engine, prompts[:1], top_p=0.01, **everything))) == 1


def test_logprobs_are_of_the_restricted_distribution(engine: TransformersEngine, prompts: list[list[int]]) -> None:
    assert write(engine, prompts[:1], 1, top_k=1)[0].logprobs == pytest.approx([0.0] * 8, abs=1e-6)


def test_new_weights_are_seen_by_the_next_completion(
    tiny_model: str, random_model: str, prompts: list[list[int]]
) -> None:
    engine = TransformersEngine(tiny_model, max_sequences=5, dtype="float32")
    fresh = TransformersEngine(random_model, max_sequences=5, dtype="float32")
    before = write(engine, prompts, seed=4)
    other = AutoModelForCausalLM.from_pretrained(random_model, dtype=torch.float32)
    engine.load_weights(lambda _: other.named_parameters())
    assert write(engine, prompts, seed=4) == write(fresh, prompts, seed=4) != before


def test_a_weight_that_is_missing_is_named(engine: TransformersEngine, tiny_model: str) -> None:
    weights = list(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).named_parameters())
    with pytest.raises(RuntimeError, match=r"1 weights were not updated, such as model\.norm\.weight"):
        engine.load_weights(lambda _: (weight for weight in weights if weight[0] != "model.norm.weight"))


def test_a_seed_of_its_own_makes_a_completion_independent_of_its_neighbours(
    engine: TransformersEngine, prompts: list[list[int]]
) -> None:
    together = write(engine, prompts, 4, seed=1, seed_each=True)
    alone = write(engine, prompts[1:2], 4, seed=1, seed_each=True)
    assert sorted(item.ids for item in together if item.prompt_index == 1) == sorted(item.ids for item in alone)
    assert len({tuple(item.ids) for item in alone}) > 1  # each of its own, not all the same


def test_it_is_refused_over_several_devices() -> None:
    with pytest.raises(RuntimeError, match="tensor_parallel is 2, and the engine is transformers"):
        choose_engine(EngineConfig(engine="transformers", tensor_parallel=2))
