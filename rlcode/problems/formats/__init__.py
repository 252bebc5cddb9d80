"""The schemas of public data sets, as readers of rows and, where a problem can be put back, writers."""

from rlcode.problems.formats.pairs import PAIR_FORMATS
from rlcode.problems.formats.registry import FORMATS, Format
from rlcode.problems.formats.traces import TRACE_FORMATS, Trace

__all__ = ["FORMATS", "PAIR_FORMATS", "TRACE_FORMATS", "Format", "Trace"]
