from pathlib import Path

import pytest

from rlcode.problems import Problem, ProblemError, save_problems
from rlcode.problems.__main__ import main
from rlcode.problems.check import LIMITS, check_problems, report_lines
from sandbox import Judge, Test

REFERENCE = "def larger(a, b):\n    return a if a >= b + 0 else b\n"


def problem(*answers: tuple[int, int, int], reference: str | None = REFERENCE) -> Problem:
    tests = [Test("call", entry="larger", args=[a, b], expected=expected) for a, b, expected in answers]
    return Problem("larger", "Write larger.", tests, entry_point="larger", reference=reference)


STRONG = problem((1, 2, 2), (2, 1, 2), (3, 3, 3), (-5, -4, -4), (5, 4, 5))
WEAK = problem((1, 2, 2), (1, 9, 9))


def check(one: Problem):  # type: ignore[no-untyped-def]
    with Judge(workers=2, limits=LIMITS) as judge:
        return check_problems([one], judge)[0]


def test_tests_that_look_at_one_side_only_are_weak() -> None:
    finding = check(WEAK)
    assert finding.weak
    assert any("a if" in mutant.change for mutant in finding.survivors)


def test_tests_on_both_sides_kill_more() -> None:
    assert check(STRONG).killed_share > check(WEAK).killed_share


def test_a_reference_that_fails_is_reported_with_the_failing_test() -> None:
    finding = check(problem((1, 2, 1), (2, 1, 2)))
    assert "larger(1, 2) returned 2, expected 1" in finding.reference_failure


def test_a_reference_that_does_not_compile_is_reported() -> None:
    assert check(problem((1, 2, 2), reference="def larger(a, b) return a")).reference_failure


def test_a_problem_without_reference_is_an_error() -> None:
    with pytest.raises(ProblemError, match="no reference to check, first 'larger'"):
        check(problem((1, 2, 2), reference=None))


def test_the_report_lists_what_survived() -> None:
    text = "\n".join(report_lines([check(WEAK)]))
    assert "weak problems       1" in text
    assert "line 2:" in text


@pytest.mark.parametrize(
    ("one", "status"), [(WEAK, 1), (problem((1, 2, 1)), 1), (problem((1, 2, 2), reference=None), 2)]
)
def test_the_command_fails_when_something_is_wrong(tmp_path: Path, one: Problem, status: int) -> None:
    save_problems([one], tmp_path / "p.jsonl")
    assert main(["check", str(tmp_path / "p.jsonl")]) == status


def test_the_command_succeeds_on_strong_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = problem((1, 2, 2), (2, 1, 2), reference="def larger(a, b):\n    return max(a, b)\n")
    save_problems([sound], tmp_path / "p.jsonl")
    assert main(["check", str(tmp_path / "p.jsonl")]) == 0
    assert "references passing  1 of 1" in capsys.readouterr().out
