"""Small pictures for reports, as SVG text that needs no script and no network."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 460, 210, 46, 36, 12
COLOURS = ("#2f66c8", "#dd9a2b")


def histogram(title: str, series: Mapping[str, Sequence[float]], edges: Sequence[float], axis: str) -> str:
    """Bars of how many values fall between the edges; the last bin includes its upper edge, values outside count in
    the outermost bins. Several series stand side by side."""
    counts = {name: _counts(values, edges) for name, values in series.items()}
    largest = max((int(bars.max()) for bars in counts.values()), default=0) or 1
    slot = (WIDTH - LEFT - 8) / (len(edges) - 1)
    bar = 0.86 * slot / len(series)
    parts = [_frame(largest), _ticks(edges, slot)]
    for place, (name, bars) in enumerate(counts.items()):
        for index, count in enumerate(bars):
            height = (HEIGHT - BOTTOM - TOP) * count / largest
            left = LEFT + index * slot + 0.07 * slot + place * bar
            parts.append(
                f'<rect x="{left:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{bar:.1f}" height="{height:.1f}" '
                f'fill="{COLOURS[place]}"><title>{html.escape(name)}: {count}</title></rect>'
            )
    legend = "".join(
        f'<span><i style="background:{colour}"></i>{html.escape(name)}</span>'
        for name, colour in zip(series, COLOURS, strict=False)
        if len(series) > 1
    )
    caption = f"<figcaption>{html.escape(title)} {legend}</figcaption>"
    middle = (LEFT + WIDTH) / 2
    label = f'<text x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">{html.escape(axis)}</text>'
    return f'<figure>{caption}<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}{label}</svg></figure>'


def even_edges(values: Sequence[float], bins: int = 12) -> list[float]:
    """Edges at round numbers from 0 to above the 99th percentile; what is beyond counts in the last bin."""
    top = max(float(np.quantile(values, 0.99)), 1.0) if len(values) else 1.0
    step = top / bins
    magnitude = 10 ** math.floor(math.log10(step))
    step = max(1.0, next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= step))
    return [step * index for index in range(math.ceil(top / step) + 1)]


def _counts(values: Sequence[float], edges: Sequence[float]) -> np.ndarray:
    inside = np.clip(np.asarray(values, dtype=float), edges[0], edges[-1])
    counts: np.ndarray = np.histogram(inside, edges)[0]
    return counts


def _frame(largest: int) -> str:
    floor = HEIGHT - BOTTOM
    return (
        f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH - 8}" y2="{floor}" class="axis"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 4}" text-anchor="end">{largest}</text>'
        f'<text x="{LEFT - 6}" y="{floor}" text-anchor="end">0</text>'
    )


def _ticks(edges: Sequence[float], slot: float) -> str:
    every = math.ceil(len(edges) / 9)
    return "".join(
        f'<text x="{LEFT + index * slot:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{edge:g}</text>'
        for index, edge in enumerate(edges)
        if index % every == 0
    )
