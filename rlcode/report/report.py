"""Builds report.html: one file that opens from disk, needs no network and runs no script but its own."""

import html
import re
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from rlcode.report.comparison import Comparison, estimate, solve_rates
from rlcode.report.embed import content_hash, embeddable_json
from rlcode.report.rundata import RunData, read_run
from rlcode.report.sample import sample_rollouts
from rlcode.report.series import curves
from rlcode.report.summary import figures, headline_parts, title
from rlcode.tracking.folder import RunFolder
from rlcode.tracking.records import replace_file

_SCRIPTS = ("dom.js", "chart.js", "curves.js", "evaluation.js", "rollouts.js", "main.js")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def build_report(run_dir: Path | str) -> Path:
    """Write report.html into the run folder from what lies there, at any time, and return its path.

    Raises FileNotFoundError if the folder is not a run folder.
    """
    folder = RunFolder(Path(run_dir))
    run = read_run(folder)
    replace_file(folder.report, _page(run, _content(run, folder)).encode("utf-8", errors="replace"))
    return folder.report


def _page(run: RunData, content: dict[str, Any]) -> str:
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    lead, detail = headline_parts(run)
    parts = {
        "title": html.escape(f"{run.name} · rlcode"),
        "name": html.escape(run.name),
        "lead": html.escape(lead.replace(" %", "\u00a0%")),
        "detail": html.escape(detail),
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src {content_hash(script)}",
        "style": _asset("report.css"),
        "data": embeddable_json(content),
        "script": script,
    }
    # One pass over the template: text that happens to look like a placeholder is never filled in.
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], _asset("report.html"))


def _content(run: RunData, folder: RunFolder) -> dict[str, Any]:
    """Everything the page shows, as plain data."""
    comparisons = {comparison.name: comparison for comparison in run.comparisons()}
    return {
        "tiles": [asdict(figure) for figure in figures(run)],
        "curves": curves(run.steps),
        "evaluations": [_evaluation(name, rows, comparisons.get(name)) for name, rows in run.evaluations.items()],
        "rollouts": sample_rollouts(folder.rollouts),
        "config": run.config_text,
        "warnings": run.warnings,
    }


def _evaluation(name: str, rows: list[dict[str, Any]], comparison: Comparison | None) -> dict[str, Any]:
    return {
        "name": name,
        "title": title(name),
        "problems": len(solve_rates(rows[-1])),
        "points": [{"step": row["step"], **asdict(estimate(row))} for row in rows],
        "comparison": None
        if comparison is None
        else {
            **asdict(comparison),
            "better": comparison.count(1),
            "same": comparison.count(0),
            "worse": comparison.count(-1),
        },
    }


def _asset(name: str) -> str:
    return files("rlcode.report.assets").joinpath(name).read_text(encoding="utf-8")
