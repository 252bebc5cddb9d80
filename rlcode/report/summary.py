"""The run in one sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rlcode.report.rundata import RunData, read_run
from rlcode.tracking.curves import duration, phase_seconds, significant
from rlcode.tracking.folder import RunFolder

_WORK = ("generate", "judge_wait", "update", "sync", "wait_ahead")


def headline(run_dir: Path | str) -> str:
    """`held-out pass@1 14.2 % → 27.8 % (+13.6, 95 % CI 8.9 to 18.1) in 9 min 40 s`, read from the run folder."""
    return sentence(read_run(RunFolder(Path(run_dir))))


def sentence(run: RunData) -> str:
    lead, detail = headline_parts(run)
    return f"{lead} {detail}"


def headline_parts(run: RunData) -> tuple[str, str]:
    """The sentence as what matters most and what belongs to it."""
    took = duration(run.elapsed_seconds)
    for comparison in run.comparisons():
        difference = comparison.difference
        lead = f"{title(comparison.name)} pass@1 {percent(comparison.before.value)} → {percent(comparison.after.value)}"
        interval = f"95 % CI {100 * difference.low:.1f} to {100 * difference.high:.1f}"
        return lead, f"({points(difference.value)}, {interval}) in {took}"
    so_far = f"{len(run.steps)} {'step' if len(run.steps) == 1 else 'steps'} in {took}"
    for name, rows in run.evaluations.items():
        return f"{title(name)} pass@1 {percent(rows[0]['pass@1'])}", f"at step {rows[0]['step']}; {so_far}"
    return f"reward {first_to_last(run, 'reward/mean', significant)}", f"over {so_far}"


@dataclass(frozen=True)
class Figure:
    """One number of the run with its name, as text."""

    label: str
    value: str


def figures(run: RunData) -> list[Figure]:
    """The few numbers that say what kind of run this was."""
    if not run.steps:
        return []
    found = [
        Figure("Steps", str(len(run.steps))),
        Figure("Reward", first_to_last(run, "reward/mean", significant)),
        Figure("Training pass rate", first_to_last(run, "pass_rate/train", percent)),
    ]
    found += [
        Figure(
            f"{title(comparison.name)} pass@1",
            f"{percent(comparison.before.value)} → {percent(comparison.after.value)}",
        )
        for comparison in run.comparisons()[1:]
    ]
    phases = [phase_seconds(row) for row in run.steps]
    spent = sum(sum(seconds.values()) for seconds in phases)
    if spent:
        outside = sum(value for seconds in phases for phase, value in seconds.items() if phase not in _WORK)
        found += [
            Figure("Time per step", f"{spent / len(phases):.1f} s"),
            Figure("Overhead", percent(outside / spent)),
        ]
    return found


def first_to_last(run: RunData, key: str, text: Callable[[float], str]) -> str:
    """Mean over the first tenth of the steps → mean over the last tenth: single steps are noisy."""
    values = [row[key] for row in run.steps if row.get(key) is not None]
    if not values:
        return "–"
    size = max(1, len(values) // 10)
    first, last = fmean(values[:size]), fmean(values[-size:])
    return text(first) if len(values) == 1 else f"{text(first)} → {text(last)}"


def title(benchmark: str) -> str:
    """The held-out part of a problem set goes by `held-out`; every other benchmark by its name."""
    problems, at, temperature = benchmark.partition(" at ")
    return f"held-out{at}{temperature}" if problems.endswith("/heldout") else benchmark


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """A difference of shares in percentage points, always with its sign."""
    return f"{100 * difference:+.1f}"
