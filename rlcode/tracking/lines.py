"""Steps and evaluations as single lines of text, aligned under each other."""

from collections.abc import Mapping
from typing import Any

from rlcode.tracking.curves import duration, phase_seconds

_COLUMNS = (
    ("reward/mean", "reward {:6.3f}"),
    ("pass_rate/train", "pass {:6.1%}"),
    ("kl/mean", "KL {:7.4f}"),
    ("length/mean", "{:5.0f} tokens"),
    ("tokens_per_second/generate", "{:6,.0f} tok/s"),
)


def step_line(row: Mapping[str, Any], total_steps: int, seconds_left: float) -> str:
    """`step  3/20  reward  0.312  pass  31.2%  …  41.2 s (generate 20.1, update 15.0)  9 min 40 s left`."""
    parts = [f"step {row['step']:>{len(str(total_steps))}}/{total_steps}"]
    parts += [template.format(row[key]) for key, template in _COLUMNS if row.get(key) is not None]
    phases = phase_seconds(row)
    if phases:
        named = ", ".join(f"{name.replace('_', ' ')} {seconds:.1f}" for name, seconds in phases.items())
        parts.append(f"{sum(phases.values()):6.1f} s ({named})")
    if seconds_left > 0:
        parts.append(f"{duration(seconds_left)} left")
    return "  ".join(parts)


def evaluation_line(step: int, name: str, result: Mapping[str, Any]) -> str:
    """`evaluation at step 20: starter/heldout  pass@1 27.8 %  95 % CI 22.0 to 33.5  80 problems`."""
    parts = [f"evaluation at step {step}: {name}", f"pass@1 {100 * result['pass@1']:.1f} %"]
    if "ci_low" in result:
        parts.append(f"95 % CI {100 * result['ci_low']:.1f} to {100 * result['ci_high']:.1f}")
    if "problems" in result:
        parts.append(f"{len(result['problems'])} problems")
    return "  ".join(parts)
