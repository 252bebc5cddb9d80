"""Metrics of an update that add up exactly over micro-batches and ranks."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class PolicyMetrics:
    """Sums and maxima of one or more micro-batches. Plain numbers: cheap to send between processes."""

    tokens: int = 0
    sums: dict[str, float] = field(default_factory=dict)  # parts of the batch's value: they just add up
    token_sums: dict[str, float] = field(default_factory=dict)  # divided by `tokens` at the end
    maxima: dict[str, float] = field(default_factory=dict)

    def add_tokens(self, name: str, values_V: Tensor) -> None:
        """Records a per-token quantity over the valid tokens."""
        self.token_sums[name] = float(values_V.detach().double().sum())

    def add_maximum(self, name: str, values_V: Tensor) -> None:
        """Records the largest of non-negative per-token values; 0 without tokens."""
        self.maxima[name] = float(values_V.detach().max()) if len(values_V) else 0.0

    def values(self, updates: int = 1) -> dict[str, float]:
        """One number per metric of so many updates: the mean of their sums, token means, maxima."""
        sums = {name: total / updates for name, total in self.sums.items()}
        means = {name: total / max(self.tokens, 1) for name, total in self.token_sums.items()}
        return {**sums, **means, **self.maxima}


def merge(parts: Iterable[PolicyMetrics]) -> PolicyMetrics:
    """Combines the micro-batches of an update, or the ranks of a group, into the metrics of the whole batch."""
    whole = PolicyMetrics()
    for part in parts:
        whole.tokens += part.tokens
        for total, mine in ((whole.sums, part.sums), (whole.token_sums, part.token_sums)):
            for name, value in mine.items():
                total[name] = total.get(name, 0.0) + value
        for name, value in part.maxima.items():
            whole.maxima[name] = max(whole.maxima.get(name, value), value)
    return whole
