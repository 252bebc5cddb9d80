"""From judged programs to rewards: a weighted sum of terms, of which one may be a reward model's score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reward.normalise import RunningNormaliser
from reward.rewards import format_reward, test_reward
from rlcode.collect import Judged
from rlcode.config import RewardConfig, RewardTerm

Terms = dict[str, float]


class Rewarder:
    """Holds what rewards depend on beside the sample: how the model's scores have been distributed so far."""

    def __init__(self, config: RewardConfig, state: dict[str, Any] | None = None):
        self._terms = config.terms
        self._normaliser = RunningNormaliser(**(state or {}))

    def state_dict(self) -> dict[str, Any]:
        return self._normaliser.state_dict()

    def rewards(self, judged: Sequence[Judged]) -> list[tuple[float | None, Terms]]:
        """Reward and the values of its terms for each program; no reward where there is no verdict."""
        self._normaliser.update([item.score for item in judged if item.score is not None and item.program.strip()])
        return [self._reward(item) for item in judged]

    def _reward(self, item: Judged) -> tuple[float | None, Terms]:
        if item.verdict.outcome == "infra_error":
            return None, {}
        values = {term.kind: self._value(term, item) for term in self._terms}
        reward = sum(term.weight * values[term.kind] for term in self._terms)
        return reward, {str(kind): value for kind, value in values.items()}

    def _value(self, term: RewardTerm, item: Judged) -> float:
        if term.kind == "model":
            return self._model_value(term, item)
        if term.kind == "format":
            return format_reward(item.program, item.rollout.finish_reason)
        value = test_reward(term.kind, item.verdict, item.program)
        assert value is not None, "programs without a verdict have no terms"
        return value

    def _model_value(self, term: RewardTerm, item: Judged) -> float:
        """An answer without a program is worth the least: the model was never shown one."""
        if item.score is None or not item.program.strip():
            return -term.clip
        value = self._normaliser(item.score) if term.normalise else item.score
        return min(max(value, -term.clip), term.clip)
