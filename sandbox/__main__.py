"""`python -m sandbox --program P.py --tests T.jsonl`: one JSON verdict on standard output.

Exit status: 0 passed, 1 failed, 2 infra_error (or no isolation on this machine), 64 bad usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sandbox import InvalidTest, Judge, Limits, SandboxUnavailable, Test

EXIT_STATUS = {"passed": 0, "failed": 1, "infra_error": 2}
BAD_USAGE = 64


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        program = read(Path(options.program))
        tests = read_tests(Path(options.tests))
        limits = Limits(cpu_seconds=options.cpu_seconds, wall_seconds=options.wall_seconds, memory_mb=options.memory_mb)
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return BAD_USAGE
    try:
        with Judge(1, limits, python=options.python, allow_unsafe=options.allow_unsafe) as judge:
            verdict = judge.run(program, tests, language=options.language)
    except SandboxUnavailable as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return EXIT_STATUS["infra_error"]
    print(json.dumps(verdict.to_dict()))
    return EXIT_STATUS[verdict.outcome]


def read(path: Path) -> str:
    """A text, which may begin with a byte order mark, as Python's sources may. Raises ValueError naming the file."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: {error}") from None


def read_tests(path: Path) -> list[Test]:
    """One test a line. Raises InvalidTest naming the line."""
    tests = []
    # A JSON string may hold U+2028 and its like as they are, at which `splitlines` would tear it.
    for number, line in enumerate(read(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            tests.append(Test.from_dict(json.loads(line)))
        except (InvalidTest, json.JSONDecodeError) as error:
            raise InvalidTest(f"{path}, line {number}: {error}") from None
    return tests


def _parser() -> Parser:
    defaults = Limits()
    parser = Parser(prog="python -m sandbox", description="Run one program against tests; print one JSON verdict.")
    parser.add_argument("--program", required=True, help="file with the program")
    parser.add_argument("--tests", required=True, help="JSON Lines file, one test a line")
    parser.add_argument("--language", choices=("python", "c++"), default="python")
    parser.add_argument("--cpu-seconds", type=float, default=defaults.cpu_seconds, help="CPU time for each test")
    parser.add_argument(
        "--wall-seconds", type=float, default=defaults.wall_seconds, help="backstop for programs that sleep"
    )
    parser.add_argument("--memory-mb", type=int, default=defaults.memory_mb)
    parser.add_argument("--python", help="interpreter to run the program in (default: this one)")
    parser.add_argument("--allow-unsafe", action="store_true", help="run even where nothing isolates the program")
    return parser


if __name__ == "__main__":
    sys.exit(main())
