"""Notices when the reward goes its own way: it rises while the programs pass no more tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_FEWEST_STEPS = 8
_CLEAR_RISE = 2.0
"""In standard errors of the slope."""


def parting_warning(rows: Sequence[dict[str, Any]]) -> str | None:
    """A warning if, over the whole run or its second half, the reward clearly rises and the pass rate does not.

    A reward computed from tests cannot do this for long; one that comes from a model can, and then the policy
    is learning to please the model instead of the tests. Where there is a model its own score is looked at: the
    reward made from it is normalised by its running mean, which hides a rise.
    """
    key, name = "reward/mean", "reward"
    if any("reward/model_score" in row for row in rows):
        key, name = "reward/model_score", "reward model's score"
    pairs = [(row.get(key), row.get("pass_rate/train"), row["step"]) for row in rows]
    full = [pair for pair in pairs if None not in pair]
    for window in (full, full[len(full) // 2 :]):
        if len(window) < _FEWEST_STEPS:
            continue
        reward_S, pass_rate_S = (np.array([pair[index] for pair in window], dtype=float) for index in (0, 1))
        reward_slope, reward_error = _slope(reward_S)
        pass_slope, _ = _slope(pass_rate_S)
        if reward_slope > _CLEAR_RISE * reward_error and reward_slope > 0 and pass_slope <= 0:
            rise, change = reward_slope * (len(window) - 1), pass_slope * (len(window) - 1)
            return (
                f"reward and tests part: from step {window[0][2]} to {window[-1][2]} the {name} rose by {rise:.3f} "
                f"while the pass rate changed by {100 * change:+.1f} points"
            )
    return None


def _slope(values_S: np.ndarray) -> tuple[float, float]:
    """Least-squares slope per step over S values, and its standard error."""
    steps_S = np.arange(len(values_S)) - (len(values_S) - 1) / 2
    spread = float((steps_S**2).sum())
    slope = float((steps_S * values_S).sum()) / spread
    residual_S = values_S - values_S.mean() - slope * steps_S
    variance = float((residual_S**2).sum()) / (len(values_S) - 2)
    return slope, (variance / spread) ** 0.5
