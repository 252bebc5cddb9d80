"""How well scores tell the better program of a pair: accuracy, accuracy by margin, calibration."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reward.loss import problem_of
from reward.schema import Pair
from reward.statistics import Estimate, bootstrap_ratio

MARGIN_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
CONFIDENCE_EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class MarginBin:
    """Pairs whose pass rates differ by more than `above` and at most `up_to`."""

    above: float
    up_to: float
    pairs: int
    accuracy: Estimate


@dataclass(frozen=True)
class CalibrationBin:
    """Pairs by how sure the model is of the one it prefers: σ(|difference of scores|) against how often it is right."""

    above: float
    up_to: float
    pairs: int
    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class PairEvaluation:
    """Figures of one model on one set of pairs. Intervals are 95 %, from drawing problems again."""

    pairs: int
    problems: int
    accuracy: Estimate
    loss: float  # mean −log σ(difference), without weights or margins
    by_margin: list[MarginBin]
    calibration: list[CalibrationBin]
    calibration_error: float  # expected calibration error over the bins (arXiv 1706.04599, equation 3)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def evaluate_pairs(pairs: Sequence[Pair], chosen_M: np.ndarray, rejected_M: np.ndarray) -> PairEvaluation:
    """Figures for M ≥ 1 pairs from the scores of their programs. Equal scores count as wrong."""
    difference_M = chosen_M - rejected_M
    right_M = (difference_M > 0).astype(float)
    names = {name: number for number, name in enumerate(dict.fromkeys(problem_of(pair) for pair in pairs))}
    problem_M = np.array([names[problem_of(pair)] for pair in pairs])
    calibration = _calibration(difference_M, right_M, problem_M)
    gaps = [item.pairs * abs(item.predicted - item.observed.value) for item in calibration]
    return PairEvaluation(
        pairs=len(pairs),
        problems=len(names),
        accuracy=_share(right_M, problem_M),
        loss=float(np.logaddexp(0, -difference_M).mean()),
        by_margin=_by_margin(pairs, right_M, problem_M),
        calibration=calibration,
        calibration_error=sum(gaps) / len(pairs),
    )


def _share(right_M: np.ndarray, problem_M: np.ndarray) -> Estimate:
    """Share of right pairs; pairs of one problem are not independent, so whole problems are drawn again."""
    _, problem_M = np.unique(problem_M, return_inverse=True)
    return bootstrap_ratio(np.bincount(problem_M, right_M), np.bincount(problem_M).astype(float))


def _by_margin(pairs: Sequence[Pair], right_M: np.ndarray, problem_M: np.ndarray) -> list[MarginBin]:
    margin_M = np.array([np.nan if pair.margin is None else pair.margin for pair in pairs])
    bins = []
    for above, up_to in itertools.pairwise(MARGIN_EDGES):
        inside_M = (margin_M > above + 1e-9) & (margin_M <= up_to + 1e-9)
        if inside_M.any():
            accuracy = _share(right_M[inside_M], problem_M[inside_M])
            bins.append(MarginBin(above, up_to, int(inside_M.sum()), accuracy))
    return bins


def _calibration(difference_M: np.ndarray, right_M: np.ndarray, problem_M: np.ndarray) -> list[CalibrationBin]:
    confidence_M = 1 / (1 + np.exp(-np.abs(difference_M)))
    bins = []
    for above, up_to in itertools.pairwise(CONFIDENCE_EDGES):
        inside_M = (confidence_M > above) & (confidence_M <= up_to)
        if above == CONFIDENCE_EDGES[0]:
            inside_M |= confidence_M == above
        if inside_M.any():
            observed = _share(right_M[inside_M], problem_M[inside_M])
            predicted = float(confidence_M[inside_M].mean())
            bins.append(CalibrationBin(above, up_to, int(inside_M.sum()), predicted, observed))
    return bins
