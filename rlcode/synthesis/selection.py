"""Which rows are worth training on: AceCoder's hard quarter, and rows whose origin is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from rlcode.synthesis.rejection import Gate, Rejection, Row


def hard_quarter(pass_rates: Mapping[str, Sequence[float]]) -> Gate:
    """A gate for AceCoder's hard quarter (arXiv 2502.01718, section 3.4; scripts/get_hard_data.py).

    `pass_rates` has, by problem id, the share of tests that each sampled program passed. Kept are the problems whose
    mean is at most the median of all means, and of these the ones whose standard deviation is at least the median of
    theirs. Raises ValueError when there are no pass rates.
    """
    if not pass_rates:
        raise ValueError("hard_quarter: no pass rates; sample programs for the problems with `rlcode sample` first")
    means = {name: float(np.mean(rates)) for name, rates in pass_rates.items()}
    spreads = {name: float(np.std(rates)) for name, rates in pass_rates.items()}
    mean_at_most = float(np.median(list(means.values())))
    spread_at_least = float(np.median([spreads[name] for name, mean in means.items() if mean <= mean_at_most]))

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        for row in rows:
            yield row, judge(str(row["id"]))

    def judge(name: str) -> Rejection | None:
        if name not in means:
            return Rejection("no sampled programs", "sample programs for it with `rlcode sample`")
        if means[name] > mean_at_most:
            return Rejection(
                "too easy", f"programs pass {means[name]:.2f} of the tests, the median is {mean_at_most:.2f}"
            )
        if spreads[name] < spread_at_least:
            return Rejection(
                "programs too much alike",
                f"deviation {spreads[name]:.2f}, the median of hard ones {spread_at_least:.2f}",
            )
        return None

    return gate


def of_known_origin(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
    """The gate that rejects rows without `source` or `license`: nobody could say what they may be used for."""
    for row in rows:
        missing = [name for name in ("source", "license") if not row.get(name)]
        yield row, Rejection("origin unknown", f"no {' and no '.join(missing)}") if missing else None
