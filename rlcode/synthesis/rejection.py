"""Why a row goes no further, and what a gate is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Rejection:
    """Why a row goes no further: `reason` is one of a few, for the counts, `detail` is about this row."""

    reason: str
    detail: str = ""


Gate = Callable[[Iterable[Row]], Iterator[tuple[Row, Rejection | None]]]
"""Rows in; each comes out in the same order, with why it is rejected, or None for one that is kept."""


def in_batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows by `size` at a time, the last batch smaller."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
