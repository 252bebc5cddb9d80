"""The loss and its gradient are those of the formulas, computed in another way, in float64, and those of TRL."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from simple_pairs import simple_pairs

from reward.loss import pair_losses, pair_margins, pair_weights
from reward.model import RewardModel, encode, load_reward_model
from reward.packing import fill_rows, make_row
from reward.schema import Pair, PairsError
from reward.train_settings import LossConfig

PAIRS = simple_pairs(problems=4, pairs_per_problem=3, seed=5)
SETTINGS = [
    LossConfig(),
    LossConfig(weighting="problem"),
    LossConfig(margin="subtract"),
    LossConfig(margin="scale"),
    LossConfig(centring=0.05),
    LossConfig(weighting="problem", margin="subtract", centring=0.01),
]


@pytest.fixture(scope="module")
def loaded(random_model: str) -> tuple[RewardModel, object]:
    torch.manual_seed(4)
    model, tokenizer = load_reward_model(random_model)
    model.classifier.score.weight.data.normal_(std=0.2)
    return model, tokenizer


def pair_texts(tokenizer, pairs: list[Pair]) -> list[tuple[list[int], list[int]]]:
    return [
        (encode(tokenizer, pair.user_text, pair.chosen), encode(tokenizer, pair.user_text, pair.rejected))
        for pair in pairs
    ]


def reference_loss(model: RewardModel, tokenizer, settings: LossConfig) -> torch.Tensor:
    """Each text alone through transformers' own forward; the formulas with math's functions, pair by pair."""
    programs = {pair.problem_id: set() for pair in PAIRS}
    for pair in PAIRS:
        programs[pair.problem_id] |= {pair.chosen, pair.rejected}
    counts = [len(programs[pair.problem_id]) for pair in PAIRS]
    weights = [1 / (n * (n - 1)) if settings.weighting == "problem" else 1.0 for n in counts]
    mean_weight = sum(weights) / len(weights)
    total = torch.zeros((), dtype=torch.float64)
    for pair, (chosen_ids, rejected_ids), weight in zip(PAIRS, pair_texts(tokenizer, PAIRS), weights, strict=True):
        chosen = model.classifier(torch.tensor([chosen_ids])).logits[0, 0]
        rejected = model.classifier(torch.tensor([rejected_ids])).logits[0, 0]
        margin = pair.chosen_pass_rate - pair.rejected_pass_rate
        difference = chosen - rejected - (margin if settings.margin == "subtract" else 0)
        loss = torch.log(1 + torch.exp(-difference)) * (margin if settings.margin == "scale" else 1)
        total = total + weight / mean_weight * loss + settings.centring * (chosen + rejected) ** 2
    return total / len(PAIRS)


def packed_loss(model: RewardModel, tokenizer, settings: LossConfig, tokens_per_row: int) -> torch.Tensor:
    """The way of the trainer: rows of several pairs, whose losses add up."""
    texts = pair_texts(tokenizer, PAIRS)
    weights_M, margins_M = torch.from_numpy(pair_weights(settings, PAIRS)), pair_margins(settings, PAIRS)
    total = torch.zeros(())
    rows = fill_rows(texts, tokens_per_row)
    assert len(rows) > 1
    for members in rows:
        row = make_row([text for index in members for text in texts[index]])
        scores = model(row).view(-1, 2)
        margins = None if margins_M is None else margins_M[members]
        total = total + pair_losses(settings, scores[:, 0], scores[:, 1], weights_M[members], margins).sum()
    return total / len(PAIRS)


def gradient(model: RewardModel, loss: torch.Tensor) -> torch.Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([value.grad.flatten().double() for value in model.parameters()])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_loss_and_gradient_are_those_of_the_formula(loaded, settings: LossConfig) -> None:
    model, tokenizer = loaded
    loss = packed_loss(model, tokenizer, settings, tokens_per_row=400)
    found = gradient(model, loss)
    model.double()
    try:
        expected_loss = reference_loss(model, tokenizer, settings)
        expected = gradient(model, expected_loss)
    finally:
        model.float()
    assert loss.item() == pytest.approx(expected_loss.item(), abs=1e-6)
    assert float((found - expected).norm() / expected.norm()) < 1e-5


@pytest.mark.parametrize("settings", [LossConfig(), LossConfig(margin="subtract"), LossConfig(centring=0.05)], ids=str)
def test_loss_is_that_of_trl(loaded, settings: LossConfig, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    model, tokenizer = loaded
    columns = [{"chosen_ids": chosen, "rejected_ids": rejected} for chosen, rejected in pair_texts(tokenizer, PAIRS)]
    if settings.margin == "subtract":
        columns = [row | {"margin": pair.margin} for row, pair in zip(columns, PAIRS, strict=True)]
    config = RewardConfig(
        output_dir=str(tmp_path), center_rewards_coefficient=settings.centring or None, bf16=False, use_cpu=True,
        report_to=[],
    )  # fmt: skip
    data = Dataset.from_list(columns)
    trainer = RewardTrainer(model.classifier, config, train_dataset=data, processing_class=tokenizer)
    batch = trainer.data_collator(columns)
    expected = trainer.compute_loss(model.classifier, batch)
    assert packed_loss(model, tokenizer, settings, 400).item() == pytest.approx(expected.item(), abs=1e-5)


def test_a_margin_needs_pass_rates() -> None:
    plain = Pair(instruction="Add.", chosen="a", rejected="b", id=17)
    with pytest.raises(PairsError, match="pair 17 has no pass rates, which loss"):
        pair_margins(LossConfig(margin="scale"), [plain])


def test_problems_with_many_pairs_count_no_more_than_others() -> None:
    """Every pair of n programs: each problem's weights then add up to the same."""
    pairs = [
        Pair(instruction="", chosen=str(better), rejected=str(worse), problem_id=f"{count} programs")
        for count in (2, 5)
        for better in range(count)
        for worse in range(better)
    ]
    weights = pair_weights(LossConfig(weighting="problem"), pairs)
    assert weights[0] == pytest.approx(weights[1:].sum())
    assert weights.mean() == pytest.approx(1)


def test_a_pair_of_equal_scores_costs_log_two() -> None:
    zeros = torch.zeros(1)
    assert float(pair_losses(LossConfig(), zeros, zeros, torch.ones(1), None)) == pytest.approx(math.log(2))
