"""How the learning rate goes over a run."""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["constant", "linear", "cosine"]


def learning_rate_factor(schedule: Schedule, update: int, warmup: int, total: int) -> float:
    """What the learning rate of an update, counted from 0, is multiplied by: linear warm-up over `warmup` updates, then
    constant, or linear or cosine decay to zero at update `total`."""
    if update < warmup:
        return (update + 1) / (warmup + 1)
    progress = min(1.0, (update - warmup) / max(1, total - warmup))
    match schedule:
        case "linear":
            return 1 - progress
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * progress))
        case _:
            return 1.0
