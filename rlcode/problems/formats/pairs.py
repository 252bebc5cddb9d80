"""Preference pairs in the columns of AceCodePair-300K (arXiv 2502.01718), which are those of our own pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reward.rows import RowError
from reward.schema import Pair, pair_of
from rlcode.problems.formats.fields import Row

PAIR_FORMATS = {"acecodepair": Pair.to_dict}


def pairs_of(rows: Iterator[tuple[str, Row]], reject: Callable[[str, str, Row], None]) -> Iterator[Pair]:
    """The pairs of rows. A row that is none goes to `reject` (where, why, row)."""
    for where, row in rows:
        try:
            pair = pair_of(row, where)
        except RowError as error:
            reject(where, str(error), row)
            continue
        if pair.chosen.strip() and pair.chosen != pair.rejected:
            yield pair
        else:
            reject(where, f"{where}: field 'chosen' is empty, or the same as 'rejected'", row)
