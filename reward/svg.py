"""Small pictures for reports, as SVG text that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT = 440, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 36
COLOURS = ("#1f6feb", "#d1571b", "#2da44e", "#8250df")

Points = Sequence[tuple[float, float]]


def line_chart(series: Mapping[str, Points], x_label: str, y_label: str, diagonal: bool = False) -> str:
    """Lines through points (x, y), one colour each, with marks where points are few."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    frame = _Frame(xs, ys)
    parts = [frame.axes(x_label, y_label)]
    if diagonal:
        low, high = max(frame.x[0], frame.y[0]), min(frame.x[1], frame.y[1])
        parts.append(f'<path d="{frame.path([(low, low), (high, high)])}" class="guide"/>')
    for (_, points), colour in zip(series.items(), COLOURS, strict=False):
        parts.append(f'<path d="{frame.path(points)}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        if len(points) <= 40:
            parts += [
                f'<circle cx="{frame.at_x(x):.1f}" cy="{frame.at_y(y):.1f}" r="2.5" fill="{colour}"/>'
                for x, y in points
            ]
    return _svg(parts, list(series))


def histogram(series: Mapping[str, Sequence[float]], x_label: str, bins: int = 24) -> str:
    """Shares of values by size, one colour a series, drawn over each other."""
    everything = np.concatenate([np.asarray(values, dtype=float) for values in series.values()])
    edges = np.histogram_bin_edges(everything, bins)
    shares = {name: np.histogram(values, edges)[0] / max(len(values), 1) for name, values in series.items()}
    frame = _Frame(edges.tolist(), [0.0, *(float(value) for heights in shares.values() for value in heights)])
    parts = [frame.axes(x_label, "share")]
    for heights, colour in zip(shares.values(), COLOURS, strict=False):
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            x, y = frame.at_x(left), frame.at_y(height)
            size = f'width="{frame.at_x(right) - x:.1f}" height="{frame.at_y(0) - y:.1f}"'
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}" fill-opacity="0.45"/>')
    return _svg(parts, list(series))


class _Frame:
    """Where values lie in the picture."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]):
        self.x, self.y = _span(xs), _span(ys)

    def at_x(self, value: float) -> float:
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def at_y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)

    def path(self, points: Points) -> str:
        return " ".join(
            f"{'L' if index else 'M'}{self.at_x(x):.1f},{self.at_y(y):.1f}" for index, (x, y) in enumerate(points)
        )

    def axes(self, x_label: str, y_label: str) -> str:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = [f'<path d="M{LEFT},{TOP} V{bottom} H{right}" class="axis"/>']
        for share in (0, 0.25, 0.5, 0.75, 1):
            x, y = (low + share * (high - low) for low, high in (self.x, self.y))
            parts.append(f'<text x="{self.at_x(x):.1f}" y="{bottom + 14}" class="middle">{x:.3g}</text>')
            parts.append(f'<text x="{LEFT - 6}" y="{self.at_y(y) + 4:.1f}" class="end">{y:.3g}</text>')
        parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 4}" class="middle">{escape(x_label)}</text>')
        parts.append(f'<text x="12" y="{HEIGHT / 2}" class="middle side">{escape(y_label)}</text>')
        return "".join(parts)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _svg(parts: list[str], names: list[str]) -> str:
    legend = "".join(
        f'<tspan fill="{colour}" dx="{12 if index else 0}">{escape(name)}</tspan>'
        for index, (name, colour) in enumerate(zip(names, COLOURS, strict=False))
    )
    key = f'<text x="{LEFT + 8}" y="{TOP + 8}">{legend}</text>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}{key}</svg>'


STYLE = """
svg { width: 100%; max-width: 560px; font: 11px system-ui, sans-serif; }
svg text { fill: #57606a; } .middle { text-anchor: middle; } .end { text-anchor: end; }
.axis { fill: none; stroke: #8c959f; } .guide { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
.side { transform-box: fill-box; transform-origin: center; transform: rotate(-90deg); }
"""
