"""A judge as most of them are: program and tests share one interpreter, and the program's word is taken for it.

It exists to show that the attacks work. It accepts what either of two common contracts accepts: "the process left
with status 0" and "the result list says passed". It runs programs without any protection: only attacks on the verdict
belong here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DEADLINE_SECONDS = 10.0

RUNNER = """
import json, os, sys

class Results:
    def append(self, result):
        os.write(int(sys.argv[1]), result.encode() + b"\\n")

def main():
    job = json.load(open("job.json"))
    results = Results()
    try:
        namespace = {"__name__": "solution"}
        exec(job["program"], namespace)
        for test in job["tests"]:
            if test["kind"] == "call":
                answer = namespace[test["entry"]](*test["args"])
                expected = test["expected"]
                assert answer == expected
            else:
                exec(test["code"], namespace)
                if test["kind"] == "check":
                    namespace["check"](namespace[test["entry"]])
        results.append("passed")
    except BaseException:
        results.append("failed")
        raise

main()
"""


def naive_judge(program: str, tests: list[dict[str, Any]]) -> bool:
    """Whether a naive judge of the tests' kind accepts `program`."""
    with tempfile.TemporaryDirectory() as folder:
        if tests[0]["kind"] == "stdio":
            return all(_prints_expected_lines(program, test, Path(folder)) for test in tests)
        if tests[0]["kind"] == "pytest":
            return all(_pytest_leaves_with_zero(program, test, Path(folder)) for test in tests)
        Path(folder, "job.json").write_text(json.dumps({"program": program, "tests": tests}))
        return _leaves_with_zero_or_says_passed(Path(folder))


def _leaves_with_zero_or_says_passed(folder: Path) -> bool:
    reader, writer = os.pipe()
    try:
        printed = _run([sys.executable, "-c", RUNNER, str(writer)], folder, descriptors=(writer,))
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as results:
        return printed is not None or results.read().splitlines()[:1] == [b"passed"]


def _pytest_leaves_with_zero(program: str, test: dict[str, Any], folder: Path) -> bool:
    (folder / "solution.py").write_text(program)
    (folder / "test_solution.py").write_text(test["code"])
    command = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, "-m", "pytest", "-q", "test_solution.py"]
    return _run(command, folder) is not None


def _prints_expected_lines(program: str, test: dict[str, Any], folder: Path) -> bool:
    """Compares line by line up to the shorter side, with the expected output beside the program."""
    (folder / "program.py").write_text(program)
    (folder / "expected.txt").write_text(test["stdout"])
    printed = _run([sys.executable, "program.py"], folder, stdin=test["stdin"])
    lines = zip((printed or "").splitlines(), test["stdout"].splitlines(), strict=False)
    return printed is not None and all(left.strip() == right.strip() for left, right in lines)


def _run(command: list[str], folder: Path, stdin: str = "", descriptors: tuple[int, ...] = ()) -> str | None:
    """What the command printed, or None if it left with another status than 0 or ran past the deadline."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            input=stdin.encode(),
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            pass_fds=descriptors,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
