"""The report of a run: one self-contained HTML file made from the run folder alone."""

from rlcode.report.report import build_report
from rlcode.report.summary import headline

__all__ = ["build_report", "headline"]
