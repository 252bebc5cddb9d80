"""A reward model's scores brought to mean 0 and standard deviation 1, as known so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


class RunningNormaliser:
    """Mean and variance of all values given so far (Chan, Golub and LeVeque 1979: two sets merged exactly)."""

    def __init__(self, count: int = 0, mean: float = 0.0, squares: float = 0.0):
        self._count, self._mean, self._squares = count, mean, squares

    def update(self, values: Sequence[float]) -> None:
        if not values:
            return
        new = np.asarray(values, dtype=float)
        total, gap = self._count + len(new), float(new.mean()) - self._mean
        self._squares += float(((new - new.mean()) ** 2).sum()) + gap**2 * self._count * len(new) / total
        self._mean += gap * len(new) / total
        self._count = total

    def __call__(self, value: float) -> float:
        """The value in standard deviations from the mean; 0 while all values are equal."""
        deviation = math.sqrt(self._squares / self._count) if self._count else 0.0
        return (value - self._mean) / deviation if deviation > 0 else 0.0

    def state_dict(self) -> dict[str, Any]:
        """The arguments that make this normaliser again."""
        return {"count": self._count, "mean": self._mean, "squares": self._squares}
