"""Scoring: an actor around `reward.scorer.Scorer`, and the group of them that programs are sent to when written."""

from __future__ import annotations

from reward.scorer import Scorer
from rlcode.config import ScorerConfig
from rlcode.workers.handle import Handle
from rlcode.workers.pool import Pool

Text = tuple[str, str]  # instruction, answer


class ScorerWorker:
    """Holds one reward model."""

    def __init__(self, model_path: str, settings: ScorerConfig):
        self._scorer = Scorer(model_path, settings.tokens_per_batch, settings.bf16)

    def score(self, texts: list[Text]) -> list[float]:
        return [float(score) for score in self._scorer.score(texts)]

    def close(self) -> None:
        """Nothing is held outside this process."""


class ScorerGroup(Pool):
    """All scorers: texts in, scores out. Texts go in batches, for those of one prompt share its computation."""

    def __init__(self, handles: list[Handle], settings: ScorerConfig):
        super().__init__(handles, "score", settings.deadline_seconds)
        self.texts_per_batch = settings.texts_per_batch
