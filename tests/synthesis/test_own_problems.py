"""What grown tests are worth on problems of no public set: ten functions with weak tests, and for each of them programs
that are right and programs that are wrong but pass these tests. Growing sees none of them, or one wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rlcode.problems import Problem, load_problems
from rlcode.synthesis.grow import failures, grow
from rlcode.synthesis.oracle import Oracle

PROBLEMS = load_problems(str(Path(__file__).with_name("own_problems.jsonl")))
WRONG = [(problem, program) for problem in PROBLEMS for program in problem.extra["wrong"]]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle(1) as oracle:
        yield oracle


def rejected(oracle: Oracle, problem: Problem, grown: Problem, programs: Sequence[str]) -> int:
    """How many of `programs` a test rejects that `problem` did not have."""
    added = grown.tests[len(problem.tests) :]
    return sum(map(bool, failures(oracle, programs, added))) if added else 0


def test_the_wrong_programs_pass_the_tests_there_are(oracle: Oracle) -> None:
    assert len(PROBLEMS) == 10 and len(WRONG) == 22
    for problem in PROBLEMS:
        programs = [problem.reference or "", *problem.extra["right"], *problem.extra["wrong"]]
        assert not any(failures(oracle, programs, problem.tests)), problem.id


@pytest.mark.timeout(300)
def test_filled_sets_reject_most_wrong_programs_and_no_right_one(oracle: Oracle) -> None:
    found = 0
    for problem in PROBLEMS:
        grown = grow(problem, oracle, fill=True).problem
        assert rejected(oracle, problem, grown, [problem.reference or "", *problem.extra["right"]]) == 0, problem.id
        found += rejected(oracle, problem, grown, problem.extra["wrong"])
    assert found >= 19  # 21 of the 22


@pytest.mark.timeout(300)
def test_a_wrong_program_as_the_only_sample_is_rejected_most_of_the_time(oracle: Oracle) -> None:
    found = 0
    for problem, program in WRONG:
        grown = grow(problem, oracle, [program]).problem
        assert rejected(oracle, problem, grown, problem.extra["right"]) == 0, problem.id
        found += rejected(oracle, problem, grown, [program])
    assert found >= 20  # all 22
