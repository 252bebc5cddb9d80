"""Metrics as columns a page can draw, thinned where a run has more steps than a screen has pixels."""

from typing import Any

from rlcode.tracking.curves import CURVES, phase_seconds
from rlcode.tracking.records import Row

_MOST_POINTS = 800
_NOT_CURVES = {"step", "elapsed_seconds"}

Series = dict[str, Any]


def curves(rows: list[Row]) -> dict[str, Any]:
    """`{"steps", "main", "phases", "more"}`: steps are the horizontal axis of every list of values.

    A metric that was never a number (a KL that is null from the first step, say) has no curve.
    """
    blocks = _blocks(rows)
    names = {name for row in rows for name, value in row.items() if value is not None} - _NOT_CURVES
    phases = phase_seconds({name: 0.0 for name in names})
    shown = {curve.key for curve in CURVES} | {name for name in names if name.startswith("seconds/")}
    return {
        "steps": [block[-1]["step"] for block in blocks],
        "main": [
            _series(blocks, curve.key, curve.title, curve.unit, curve.about) for curve in CURVES if curve.key in names
        ],
        "phases": [_series(blocks, f"seconds/{phase}", phase.replace("_", " "), "seconds") for phase in phases],
        "more": [_series(blocks, name, name) for name in sorted(names - shown)],
    }


def _series(blocks: list[list[Row]], key: str, title: str, unit: str = "plain", about: str = "") -> Series:
    """One value per block; null where none of its steps has a number."""
    values = [_mean([row[key] for row in block if row.get(key) is not None]) for block in blocks]
    return {"title": title, "unit": unit, "about": about, "values": values}


def _blocks(rows: list[Row]) -> list[list[Row]]:
    """The rows as at most _MOST_POINTS runs of neighbours; each becomes one point of a curve, its mean."""
    size = -(-len(rows) // _MOST_POINTS) or 1
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _mean(values: list[float]) -> float | None:
    return float(f"{sum(values) / len(values):.6g}") if values else None
