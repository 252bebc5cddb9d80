"""`python -m rlcode.problems check [SOURCE …]`: are these problems sound, and are their tests strong?
`python -m rlcode.problems convert FORMAT:PLACE FILE`: a public data set as problems, or problems in its schema.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from rlcode.problems.check import run_check
from rlcode.problems.convert import convert
from rlcode.problems.formats import FORMATS, PAIR_FORMATS, TRACE_FORMATS
from rlcode.problems.readers import load_problems
from rlcode.problems.schema import ProblemError


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rlcode.problems")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="run every reference and a set of mutated references against the tests")
    check.add_argument(
        "sources", nargs="*", metavar="SOURCE", default=["starter/train", "starter/heldout"],
        help="starter/train, starter/heldout, humaneval, evalplus:PATH or a problem file (default: the starter set)",
    )  # fmt: skip
    check.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="programs judged at a time")
    names = ", ".join((*FORMATS, "evalplus", *TRACE_FORMATS, *PAIR_FORMATS))
    change = commands.add_parser("convert", help="read a data set in its own schema and write it in another")
    change.add_argument("source", metavar="FORMAT:PLACE", help=f"one of {names}, and a file, a folder or a hub id")
    change.add_argument("file", metavar="FILE.jsonl", help="rows that do not fit go to FILE.rejected.jsonl")
    change.add_argument("--to", metavar="FORMAT", help="schema to write (default: problems, or traces)")
    options = parser.parse_args(argv)
    try:
        if options.command == "convert":
            print(convert(options.source, options.file, options.to))
            return 0
        problems = [problem for source in options.sources for problem in load_problems(source)]
        return run_check(problems, options.workers)
    except ProblemError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
