"""Which tests can be read, and the form in which new ones are written."""

from typing import Any

import pytest

from rlcode.problems import Problem
from rlcode.synthesis.examples import NotReadable, read_examples
from sandbox import Test


def problem(*codes: str, kind: Any = "assert") -> Problem:
    return Problem(
        "p", "Write f.", [Test(kind, code=code, entry="f" if kind == "check" else "") for code in codes], "f"
    )


@pytest.mark.parametrize(
    ("codes", "args", "value", "written"),
    [
        (("assert f((1, 2)) == (2, 1)", "assert f((3,)) == (3,)"), ((4, 5),), (5, 4), "assert f((4, 5)) == (5, 4)"),
        (("assert set(f([1])) == {1}", "assert set(f([2])) == {2}"), ([3],), (3,), "assert set(f([3])) == set((3,))"),
        (("assert f(1)", "assert not f(2)"), (3,), None, "assert not f(3)"),
        (("assert f(1) is True", "assert not f(2)"), (3,), True, "assert f(3)"),
        (("assert abs(f(1) - 2.5) < 0.1", "assert abs(f(2) - 5.0) < 0.1"), (4,), 9.5, "assert abs(f(4) - 9.5) < 0.1"),
        (
            (
                "import math\nassert math.isclose(f(1), 2.5, rel_tol=0.1)",
                "import math\nassert math.isclose(f(2), 5.0, rel_tol=0.1)",
            ),
            (4,),
            10.0,
            "import math\nassert math.isclose(f(4), 10.0, rel_tol=0.1)",
        ),
    ],
)
def test_a_new_test_has_the_form_of_the_old_ones(codes: tuple[str, ...], args: Any, value: Any, written: str) -> None:
    test = read_examples(problem(*codes)).test(args, value)
    assert test is not None
    assert test.code == written


def test_plain_values_become_a_call_test() -> None:
    examples = read_examples(problem("assert f([1], 'a') == [1]", "assert f([2, 3], 'b') == [3]"))
    assert examples.test(([4], "c"), [4]) == Test("call", entry="f", args=[[4], "c"], expected=[4])


def test_sets_inside_of_a_dict_are_plain_values() -> None:
    examples = read_examples(problem("assert f({'a': set()}) == ['a']", "assert f({'b': {1}, 'c': set([2])}) == []"))
    assert [example.args for example in examples.calls] == [({"a": set()},), ({"b": {1}, "c": {2}},)]


def test_humaneval_and_pytest_forms_are_read() -> None:
    check = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(3) == 4\n"
    pytests = "from solution import f\ndef test_one():\n    assert f(1) == 2\ndef test_two():\n    assert f(3) == 4\n"
    for kind, code in (("check", check), ("pytest", pytests)):
        assert [call.args for call in read_examples(problem(code, kind=kind)).calls] == [(1,), (3,)]


def test_a_test_file_may_name_its_values_wait_for_errors_and_have_classes() -> None:
    code = """
import pytest
from solution import f

class TestF:
    def test_named(self):
        given = [3, 4]
        result = f(given)
        expected = 7
        assert result == expected

    def test_errors(self):
        with pytest.raises(ValueError):
            f([])

def test_loop():
    print(f([0]))
    for n in range(3):
        assert f([n]) == n
    assert f([5]) == 5
"""
    examples = read_examples(problem(code, kind="pytest"))
    assert [(call.args, call.expected) for call in examples.calls] == [(([5],), 5), (([3, 4],), 7)]


def test_a_name_whose_value_may_change_is_not_read() -> None:
    code = "def test_f():\n    xs = [1]\n    xs.append(2)\n    assert f(xs) == 3\n    assert f([1]) == 1\n"
    with pytest.raises(NotReadable, match="one call says too little"):
        read_examples(problem(code, kind="pytest"))


def test_names_made_of_names_take_no_time() -> None:
    doubled = "".join(f"    x{n + 1} = x{n} + x{n}\n" for n in range(60))
    code = f"def test_f():\n    x0 = [1]\n{doubled}    assert f(x60) == 3\n    assert f([1]) == f([2]) == 1\n"
    with pytest.raises(NotReadable, match="an assertion makes 2 calls"):
        read_examples(problem(code, kind="pytest"))


def test_fractions_in_a_tuple_may_be_rounded_otherwise() -> None:
    examples = read_examples(problem("assert f((1, 2)) == (1, 2)", "assert f((3, 4)) == (3, 4)"))
    test = examples.test(((1, 2),), (0.5, 2))
    assert test is not None
    assert test.code.splitlines() == [
        "assert len(f((1, 2))) == 2",
        "assert abs(f((1, 2))[0] - 0.5) <= 1e-06",
        "assert abs(f((1, 2))[1] - 2) <= 2e-06",
    ]
    assert examples.same((0.5 + 1e-9, 2), (0.5, 2))
    assert examples.test(({1: 2},), {1: (0.5,)}) is None


@pytest.mark.parametrize(
    ("codes", "complaint"),
    [
        (("assert f(1) == 2",), "one call says too little"),
        (("assert f(1) == f(2)", "assert f(2) == 3"), "makes 2 calls"),
        (("x = f(1)\nassert x == 1",), "does more than assert"),
        (("assert f(1) in (1, 2)", "assert f(2) in (1, 2)"), "a form that is not known"),
        (("assert f(1) == 2", "assert set(f(2)) == {1}"), "compare in several ways"),
        (("assert f(x=1) == 2", "assert f(x=2) == 2"), "call with keywords"),
    ],
)
def test_tests_of_another_form_are_left_alone(codes: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(NotReadable, match=complaint):
        read_examples(problem(*codes))
