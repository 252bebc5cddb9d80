"""Which metrics of a run are shown, in which order and under which name, in the terminal and in the report alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

Unit = Literal["plain", "percent", "count", "tokens/s", "nats"]


@dataclass(frozen=True)
class Curve:
    """One line of a run. `key` is its name in metrics.jsonl; `about` is one sentence for a reader of the report."""

    key: str
    title: str
    unit: Unit
    about: str

    def text(self, value: float | None) -> str:
        """The value as a person reads it, with its unit where the number alone would not say."""
        if value is None:
            return "–"
        match self.unit:
            case "percent":
                return f"{value:.1%}".replace("%", " %")
            case "count":
                return f"{value:.0f}"
            case "tokens/s":
                return f"{value:,.0f}/s"
            case _:
                return significant(value)


CURVES = (
    Curve("reward/mean", "Reward", "plain", "Mean over the step's completions."),
    Curve("reward/model_score", "Reward model's score", "plain", "Mean, before it is normalised and clipped."),
    Curve("pass_rate/train", "Pass rate", "percent", "Share of training programs that pass."),
    Curve("kl/mean", "KL to reference", "nats", "Distance from the first policy, nats per token."),
    Curve("entropy", "Entropy", "nats", "Of the next-token choice, nats per token."),
    Curve("length/mean", "Completion length", "count", "Mean tokens per completion."),
    Curve("logprob_gap/mean", "Log-probability gap", "nats", "Mean |engine − trainer|, nats per token."),
    Curve("groups/equal", "Groups of equal reward", "count", "All pass or all fail: nothing to learn from."),
    Curve("tokens_per_second/generate", "Generation speed", "tokens/s", "Tokens written per second."),
    Curve("tokens_per_second/update", "Training speed", "tokens/s", "Tokens trained on per second."),
)

PHASES = ("generate", "judge_wait", "update", "sync", "other")
"""Order of a step's parts in every view. Other `seconds/…` metrics follow them, by name."""


def phase_seconds(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of each phase of one step, in the order of PHASES."""
    found = {
        name.removeprefix("seconds/"): value
        for name, value in metrics.items()
        if name.startswith("seconds/") and name != "seconds/step" and value is not None
    }
    order = [phase for phase in PHASES if phase in found] + sorted(set(found) - set(PHASES))
    return {phase: found[phase] for phase in order}


def significant(value: float) -> str:
    """Three significant digits without exponents for everyday sizes: 0.00214, 0.312, 31.2, 3120."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size < 1e-4:
        return f"{value:.1e}"
    decimals = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4 if size >= 0.01 else 5
    return f"{value:.{decimals}f}"


def duration(seconds: float) -> str:
    """`42 s`, `9 min 40 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float], width: int = 32) -> str:
    """The values as a row of bars; more values than `width` are averaged into that many columns."""
    if not values:
        return ""
    columns = min(width, len(values))
    edges = [round(index * len(values) / columns) for index in range(columns + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    if high == low:
        return _BARS[3] * columns
    return "".join(_BARS[round((mean - low) / (high - low) * (len(_BARS) - 1))] for mean in means)
