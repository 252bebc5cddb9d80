"""Toy tasks whose best policy is known: every algorithm has to find it."""

import pytest
import torch

from rlcode.algorithms import (
    ADVANTAGES,
    LOSSES,
    PRESETS,
    RATIOS,
    AlgorithmSettings,
    MicroBatch,
    batch_totals,
    compute_advantages,
    policy_objective,
)

TOKENS, VOCABULARY, PROMPTS, SAMPLES = 3, 4, 2, 16
SECRET_PT = torch.tensor([[2, 0, 3], [1, 1, 0]])


def train(settings, reward, steps, updates=2, learning_rate=0.15, seed=0, samples=SAMPLES):
    """Trains a table of logits (prompt, position, token) by the two public functions; returns its probabilities."""
    torch.manual_seed(seed)
    logits_PTV = torch.zeros(PROMPTS, TOKENS, VOCABULARY, requires_grad=True)
    reference_PTV = torch.log_softmax(logits_PTV.detach(), -1)
    optimizer = torch.optim.Adam([logits_PTV], lr=learning_rate)
    prompt_N = torch.arange(PROMPTS).repeat_interleave(samples)
    lengths_N = torch.full_like(prompt_N, TOKENS)
    for _ in range(steps):
        completions_NT = torch.distributions.Categorical(logits=logits_PTV.detach()[prompt_N]).sample()

        def logprobs(table_PTV, completions_NT=completions_NT):
            return table_PTV[prompt_N].gather(-1, completions_NT[..., None]).flatten()

        old_T, ref_T = logprobs(torch.log_softmax(logits_PTV.detach(), -1)), logprobs(reference_PTV)
        rewards_N = reward(completions_NT, prompt_N)
        advantages = compute_advantages(
            settings, rewards_N, prompt_N, lengths_N, logprobs_T=old_T, ref_logprobs_T=ref_T
        )
        if not advantages.has_signal:
            continue
        for _ in range(updates):
            new_T = logprobs(torch.log_softmax(logits_PTV, -1))
            batch = MicroBatch(
                lengths_N, new_T, advantages.advantages_T, old_logprobs_T=old_T, engine_logprobs_T=old_T,
                ref_logprobs_T=ref_T,
            )  # fmt: skip
            loss, _ = policy_objective(settings, batch, batch_totals(lengths_N))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return torch.softmax(logits_PTV.detach(), -1)


def matching_tokens(completions_NT, prompt_N):
    """1 for the secret of the prompt, less for each token that differs."""
    return (completions_NT == SECRET_PT[prompt_N]).float().mean(-1)


def secret_probability(probabilities_PTV):
    return probabilities_PTV.gather(-1, SECRET_PT[..., None]).prod(1).min().item()


@pytest.mark.parametrize("advantage", ADVANTAGES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_every_algorithm_finds_the_secret(advantage, loss, ratio):
    probabilities = train(AlgorithmSettings(advantage=advantage, loss=loss, ratio=ratio), matching_tokens, steps=60)
    assert secret_probability(probabilities) > 0.9


@pytest.mark.parametrize("aggregation", [{"aggregation": "sequence-mean"},
                                         {"aggregation": "fixed-length", "fixed_length_tokens": TOKENS}])  # fmt: skip
def test_every_aggregation_finds_the_secret(aggregation):
    assert secret_probability(train(AlgorithmSettings(**aggregation), matching_tokens, steps=60)) > 0.9


@pytest.mark.parametrize("correction", ["truncated", "masked"])
def test_corrected_losses_find_the_secret(correction):
    settings = AlgorithmSettings(correction=correction)
    assert secret_probability(train(settings, matching_tokens, steps=60)) > 0.9


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_finds_the_secret(name):
    assert secret_probability(train(AlgorithmSettings(**PRESETS[name]), matching_tokens, steps=80)) > 0.9


def first_token_pays(completions_NT, prompt_N):
    """Only the first token counts: 0, 0.5, 1 or 1.5."""
    return completions_NT[:, 0].float() / 2


@pytest.mark.parametrize(
    ("estimator", "placement", "reaches"),
    [
        ("k1", "reward", True),
        ("k2", "reward", False),
        ("k2", "loss", True),
        ("k3", "weighted-loss", True),
        ("k3", "loss", False),
    ],
)
def test_where_each_kl_leash_comes_to_rest(estimator, placement, reaches):
    """The optimum of reward - c KL is proportional to reference * exp(reward / c); k3 in the loss rests elsewhere."""
    settings = AlgorithmSettings(
        advantage="dr-grpo",
        aggregation="fixed-length",
        fixed_length_tokens=1,
        kl_coefficient=0.5,
        kl_estimator=estimator,
        kl_placement=placement,
    )
    learned = train(settings, first_token_pays, steps=150, updates=1, learning_rate=0.05, samples=512)
    optimum = torch.softmax(torch.arange(VOCABULARY) / 2 / 0.5, 0)
    distance = (learned[:, 0] - optimum).abs().sum(-1).max().item() / 2
    assert (distance < 0.03) == reaches, f"total variation distance {distance:.3f}"
