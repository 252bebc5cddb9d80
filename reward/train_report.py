"""report.html of a reward-model run: one file with curves, calibration and score histograms inside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from reward.pair_evaluation import PairEvaluation
from reward.run_log import read_metrics
from reward.schema import Pair
from reward.statistics import Estimate
from reward.svg import STYLE, histogram, line_chart

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Reward model: {title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem 2rem; }}
h2 {{ font-size: 1.05rem; margin: 0.6rem 0; }} td, th {{ text-align: right; padding: 0.1rem 0.8rem 0.1rem 0; }}
{style}</style>
<h1>Reward model: {title}</h1>
<p>{summary}</p>
<main>{sections}</main></html>
"""


def write_report(
    run_dir: Path, summary: str, pairs: Sequence[Pair], scores_M2: np.ndarray, result: PairEvaluation | None
) -> None:
    """Write report.html from metrics.jsonl and the held-out pairs' scores (M, 2), chosen and rejected."""
    metrics = read_metrics(run_dir / "metrics.jsonl")
    sections = [_curves("Loss", metrics, "loss"), _curves("Accuracy", metrics, "accuracy")]
    text = escape(summary)
    if result is not None:
        text += f". Held-out accuracy {_percent(result.accuracy)}, calibration error {result.calibration_error:.3f}."
        sections += [_calibration(result), _histograms(pairs, scores_M2), _margins(result)]
    page = _PAGE.format(title=escape(run_dir.name), style=STYLE, summary=text, sections="".join(sections))
    beside = run_dir / ".report.tmp"
    beside.write_text(page, encoding="utf-8")
    beside.replace(run_dir / "report.html")


def _curves(title: str, metrics: list[dict[str, Any]], name: str) -> str:
    series = {"training batch": [(row["step"], row[name]) for row in metrics]}
    if heldout := [(row["step"], row[f"heldout/{name}"]) for row in metrics if f"heldout/{name}" in row]:
        series["held out"] = heldout
    return _section(title, line_chart(series, "step", name))


def _calibration(result: PairEvaluation) -> str:
    points = [(item.predicted, item.observed.value) for item in result.calibration]
    rows = [[f"{item.predicted:.2f}", _percent(item.observed), item.pairs] for item in result.calibration]
    chart = line_chart({"observed": points}, "predicted win probability", "share right", diagonal=True)
    return _section("Calibration on held-out pairs", chart + _table(["predicted", "right", "pairs"], rows))


def _histograms(pairs: Sequence[Pair], scores_M2: np.ndarray) -> str:
    """Scores of each held-out program once, by whether it passes every test."""
    scores: dict[tuple[str, str], tuple[float, float | None]] = {}
    for pair, (chosen, rejected) in zip(pairs, scores_M2.tolist(), strict=True):
        scores[pair.user_text, pair.chosen] = (chosen, pair.chosen_pass_rate)
        scores[pair.user_text, pair.rejected] = (rejected, pair.rejected_pass_rate)
    if any(rate is None for _, rate in scores.values()):
        series = {"chosen": scores_M2[:, 0].tolist(), "rejected": scores_M2[:, 1].tolist()}
    else:
        series = {
            "passes every test": [score for score, rate in scores.values() if rate == 1],
            "fails some": [score for score, rate in scores.values() if rate != 1],
        }
    series = {name: values for name, values in series.items() if values}
    return _section("Scores of held-out programs", histogram(series, "score"))


def _margins(result: PairEvaluation) -> str:
    rows = [[f"{item.above:.1f} to {item.up_to:.1f}", _percent(item.accuracy), item.pairs] for item in result.by_margin]
    return _section("Accuracy by difference of pass rates", _table(["difference", "right", "pairs"], rows))


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
