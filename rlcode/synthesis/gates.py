"""What verified problems still have to pass: a list of gates, each a stage with its own two files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rlcode.synthesis.settings import SynthConfig
from rlcode.synthesis.stages import Rejection, Row

Gate = Callable[[Iterable[Row]], Iterator[tuple[Row, Rejection | None]]]
"""Rows in; each comes out in the same order, with why it is rejected, or None for one that is kept."""


def gates(config: SynthConfig) -> list[tuple[str, Gate]]:
    """The gates a config asks for, in the order they stand in, under the names of their files."""
    return []
