"""Scores of programs by a trained reward model, batched by tokens, without padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reward.model import encode, first_not_finite, load_reward_model, longest_input
from reward.packing import Row, fill_rows, make_row
from reward.ranks import ALONE, Ranks


class ScoreError(ValueError):
    """Texts that cannot be scored, or scores that are not numbers; the message names which."""


class Scorer:
    """A reward model ready to score.

    Args:
        folder: a model folder as `rlcode rm` writes it, or another causal model's sequence classifier with one label.
        tokens_per_batch: most tokens in one forward pass; has no effect on the scores.
        bf16: compute in bfloat16: about twice as fast, scores then vary in the third digit.
    """

    def __init__(self, folder: str | Path, tokens_per_batch: int = 4096, bf16: bool = False):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.tokenizer = load_reward_model(str(folder), new_head=False)
        self.model.to(self.device).eval()
        self.max_tokens = longest_input(self.model.classifier)
        self._tokens_per_batch = tokens_per_batch
        self._bf16 = bf16

    def score(self, texts: Sequence[tuple[str, str]]) -> np.ndarray:
        """Scores (N,), float64, of N pairs (instruction, answer): what the user asked and what the assistant wrote.

        Texts that begin alike share that part of the computation. Raises ScoreError for a text that is empty or too
        long, and for a score that is not finite.
        """
        encoded = [encode(self.tokenizer, instruction, answer) for instruction, answer in texts]
        self._check_lengths(encoded)
        scores_N = self.score_ids(encoded)
        bad = first_not_finite(scores_N.tolist())
        if bad is not None:
            raise ScoreError(f"the score of text {bad} is {scores_N[bad]}: the model's weights are not usable")
        return scores_N

    @torch.no_grad()
    def score_ids(self, texts: Sequence[Sequence[int]]) -> np.ndarray:
        """Scores (N,) of N token sequences, each not empty; NaN where the model says so."""
        return score_texts(self._scores, texts, self._tokens_per_batch)

    def _scores(self, row: Row) -> Tensor:
        row = row.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16):
            scores_N: Tensor = self.model(row)
        return scores_N

    def _check_lengths(self, encoded: list[list[int]]) -> None:
        for index, ids in enumerate(encoded):
            if not ids:
                raise ScoreError(f"text {index} is empty")
            if len(ids) > self.max_tokens:
                raise ScoreError(
                    f"text {index} has {len(ids)} tokens, the model takes {self.max_tokens}; leave it out, for a score "
                    "of a part would be that of another program"
                )


def score_texts(
    scores: Callable[[Row], Tensor], texts: Sequence[Sequence[int]], tokens_per_row: int, ranks: Ranks = ALONE
) -> np.ndarray:
    """Scores (N,), float64, of N token sequences by a function that scores a row; all ranks share the work."""
    found: dict[int, float] = {}
    for members, _ in ranks.deal(fill_rows([[text] for text in texts], tokens_per_row)):
        row = make_row([texts[index] for index in members])
        found |= zip(members, scores(row).tolist(), strict=True)
    for part in ranks.gather(found):
        found |= part
    return np.array([found[index] for index in range(len(texts))])
