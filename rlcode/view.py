"""`rlcode view`: a run in the terminal, and its report rebuilt."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rlcode.report import build_report
from rlcode.report.rundata import RunData, read_run
from rlcode.report.summary import percent, points, sentence
from rlcode.tracking.curves import CURVES, PHASES, phase_seconds, sparkline
from rlcode.tracking.folder import RunFolder

_PLAIN_WIDTH = 110
"""Columns where there is no terminal to ask, so that a file or a pipe gets whole numbers."""


def view(run_dir: Path | str) -> Path:
    """Rebuild report.html, print a summary of the run, and return the report's path.

    Raises NoRun if the folder is not a run folder.
    """
    run = read_run(RunFolder(Path(run_dir)))
    report = build_report(run_dir)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    console.print(Text(sentence(run), style="bold"), soft_wrap=True)
    for part in (_curves(run), _seconds(run), _evaluations(run)):
        if part.row_count:
            console.print()
            console.print(part)
    if run.warnings:
        console.print()
    for warning in run.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
    console.print()
    console.print(Text(f"report: {report}"), soft_wrap=True)
    return report


def _curves(run: RunData) -> Table:
    table = _table("curve", "", "first", "last", "lowest", "highest")
    for curve in CURVES:
        values = [row[curve.key] for row in run.steps if row.get(curve.key) is not None]
        if values:
            numbers = (values[0], values[-1], min(values), max(values))
            table.add_row(curve.title, Text(sparkline(values), style="cyan"), *map(curve.text, numbers))
    return table


def _seconds(run: RunData) -> Table:
    table = _table("phase", "", "mean", "share")
    steps = [phase_seconds(row) for row in run.steps]
    total = sum(sum(seconds.values()) for seconds in steps)
    names = dict.fromkeys(name for seconds in steps for name in seconds)
    for name in sorted(names, key=lambda name: PHASES.index(name) if name in PHASES else len(PHASES)):
        values = [seconds.get(name, 0.0) for seconds in steps]
        mean, share = sum(values) / len(values), sum(values) / total if total else 0.0
        table.add_row(name.replace("_", " "), Text(sparkline(values), style="cyan"), f"{mean:.1f} s", percent(share))
    return table


def _evaluations(run: RunData) -> Table:
    table = _table("benchmark", "", "problems", "before", "after", "difference", "95 % CI")
    compared = {comparison.name: comparison for comparison in run.comparisons()}
    for name, rows in run.evaluations.items():
        trend = Text(sparkline([row["pass@1"] for row in rows]), style="cyan")
        start: list[str | Text] = [name, trend, str(len(rows[-1]["problems"])), percent(rows[0]["pass@1"])]
        if name in compared:
            after, difference = compared[name].after, compared[name].difference
            interval = f"{100 * difference.low:.1f} to {100 * difference.high:.1f}"
            start += [percent(after.value), points(difference.value), interval]
        table.add_row(*start)
    return table


def _table(*columns: str) -> Table:
    """Names and sparklines to the left, numbers to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < 2 else "right", no_wrap=True)
    return table
