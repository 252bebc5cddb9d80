"""What can be taken out of a test, and what must run as it stands."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest

from sandbox.trusted.plan import plan_tests
from sandbox.trusted.take_apart import NotSimple, Report, take_apart_assert, take_apart_call, take_apart_check
from sandbox.types import Test


def verify(code: str, *answers: object) -> str:
    return take_apart_assert(code).verify([Report(answer) for answer in answers])


@pytest.mark.parametrize(
    ("code", "answers"),
    [
        ("assert f(1) == 2", [2]),
        ("assert 2 == f(1)", [2]),
        ("assert f([1, {'a': (2,)}], key=-3) != None", [1]),
        ("assert f(1) == 2 and g(2) == 3", [2, 3]),
        ("assert f(1) == 5 or g(2) == 3", [2, 3]),
        ("assert not f(1)", [[]]),
        ("assert abs(f(1) - 0.3) < 1e-6", [0.1 + 0.2]),
        ("assert sorted(f(1)) == [1, 2]", [{2, 1}]),
        ("assert f(1)[0] == 2, 'message'", [[2]]),
        ("import math\nassert math.isclose(f(1), 2.0, rel_tol=1e-6)", [2.0]),
        ("assert 1 < f(1) <= 3", [3]),
        ("assert Solution().f([1, 2]) == 3", [3]),
        ("assert f(10**6 * 2) is True", [True]),
    ],
)
def test_asserts_are_evaluated_over_answers(code: str, answers: list) -> None:
    assert verify(code, *answers) == ""


def test_a_failing_assert_says_what_came_and_what_was_expected() -> None:
    assert verify("assert f(1) == [2]", [3]) == "assert f(1) == [2]: got [3]"
    assert verify("assert f(1) == g(2)", 3, 4) == "assert f(1) == g(2): got 3, expected 4"


def test_a_call_of_the_wrong_type_fails_instead_of_raising() -> None:
    assert "not supported" in verify("assert f(1) < 3", "a")


@pytest.mark.parametrize(
    "code",
    [
        "for i in range(3):\n    assert f(i) == i",
        "x = f(1)\nassert x == 2",
        "assert f(lambda x: x) == 2",
        "assert f(f(1)) == 2",
        "assert f(1) == f.cache",
        "assert f(1) == '%1000000000d' % 5",
        "assert f(1) == 10**10**10",
        "assert f(1) == [0] * 10**9",
        "assert f(*[1]) == 2",
        "assert open('x') == f(1)",
        "assert True",
        "assert",
        "",
    ],
)
def test_what_is_not_straight_line_is_left_whole(code: str) -> None:
    with pytest.raises(NotSimple):
        apart = take_apart_assert(code)
        apart.verify([Report(1)])


def test_an_operator_on_answers_cannot_be_made_expensive() -> None:
    with pytest.raises(NotSimple):
        verify("assert f(1) * g(1) == 0", [0], 10**9)
    with pytest.raises(NotSimple):
        verify("assert f(1) ** g(1) == 0", 10**9, 10**9)


def test_a_check_is_taken_apart_with_its_candidate() -> None:
    apart = take_apart_check("METADATA = {}\ndef check(c):\n    assert c(1) == 2\n    assert c(2) == 3\n", "f")
    assert [call.entry for call in apart.calls] == ["f", "f"]
    assert apart.verify([Report(2), Report(3)]) == ""


def test_a_call_test_shows_its_arguments() -> None:
    test = Test("call", entry="f", args=[1], kwargs={"x": 2}, expected=3)
    assert take_apart_call(test).verify([Report(4)]) == "f(1, x=2) returned 4, expected 3"


def test_a_test_with_a_huge_literal_is_walked_a_few_times_at_most() -> None:
    """MBPP+ has asserts of 700 KB."""
    test = Test("assert", code=f"assert f(1) == {[[n, -n, 'x'] for n in range(10_000)]}")
    nodes = sum(1 for _ in ast.walk(ast.parse(test.code)))
    calls, lines = work_done(lambda: plan_tests([test]))
    assert calls < 20 * nodes
    assert lines < 26 * nodes


def work_done(work: Callable[[], object]) -> tuple[int, int]:
    """Functions called, Python's and C's, and lines of Python run: unlike seconds, the same on every machine."""
    counts = Counter[str]()

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        counts[event] += 1
        return trace

    sys.setprofile(lambda frame, event, function: counts.update([event]) if event == "c_call" else None)
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return counts["call"] + counts["c_call"], counts["line"]
