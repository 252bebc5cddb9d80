"""Starts all that a judge starts when it is first needed: what is counted afterwards belongs to the programs."""

from __future__ import annotations

from sandbox import Judge, Test

from .catalogue import checks_of_total

RIGHT = """
def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(sum(map(int, input().split())))
"""
ALL_KINDS = ("assert", "call", "check", "stdio", "pytest")
SHARES_THE_PROCESS = {"kind": "pytest", "code": "from solution import total\ndef test_a(tmp_path): total([1])"}
RUNS_WHOLE = {"kind": "assert", "code": "for number in (1, 2):\n    assert total([number]) == number"}


def start_every_parent(judge: Judge) -> None:
    """Have every slot judge by every kind of test, without imports, with one and with numpy: each has parents of its
    own."""
    sets = [*(checks_of_total(kind) for kind in ALL_KINDS), [SHARES_THE_PROCESS], [RUNS_WHOLE]]
    for rows in sets:
        for program in (RIGHT, f"import math\n{RIGHT}", f"import numpy\n{RIGHT}"):
            jobs = [(program, [Test.from_dict(row) for row in rows])] * (2 * judge.workers)
            for _, verdict in judge.run_many(jobs):
                assert verdict.outcome != "infra_error", verdict.message
