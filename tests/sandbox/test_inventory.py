"""Test functions that a program makes vanish have not passed; those that the tests leave out count for nothing."""

from __future__ import annotations

import ast

import pytest

from sandbox import Judge, Test
from sandbox.trusted.inventory import names_of_the_program, required_tests
from sandbox.trusted.questions import is_judged_by_helpers

WRAPS = (
    "import functools\ndef timed(f):\n    @functools.wraps(f)\n    def run(*args): return f(*args)\n    return run\n"
)
SAMPLES = """
import pytest, solution
{mark}
def test_samples(w): assert solution.f(w) == w * w
def test_other(): assert callable(solution.f)
"""
MARK = "@pytest.mark.parametrize('w', solution.CASES)"
FIXTURE = "@pytest.fixture(params=solution.CASES)\ndef w(request): return request.param"
TIMED = "{found}\n@X.timed\ndef test_a(): assert X.g() == 3\ndef test_b(): assert hasattr(X, 'timed')\n"
FROM_A_HELPER = """
import pytest, solution
def sorts(): return [getattr(solution, name) for name in dir(solution) if name.startswith("sort_")]
@pytest.mark.parametrize("sort", sorts())
def test_sorts(sort): assert sort([2, 1]) == [1, 2]
def test_f(): assert solution.f(3) == 3
"""
HAVE = """
import pytest
from solution import f
try:
    from solution import g
    HAVE = True
except ImportError:
    HAVE = False
@pytest.mark.skipif(not HAVE, reason="there is no g")
def test_g(): assert g(2) == 4
def test_f(): assert f(1) == 1
"""
WHERE = """
import solution
if hasattr(solution, "g"):
    def test_g(): assert solution.g(2) == 4
def test_f(): assert solution.f(1) == 1
"""
IN_A_LOOP = """
import pytest, solution
ROWS = []
for row in solution.CASES: ROWS.append(row)
class Data: rows = solution.CASES
@pytest.mark.parametrize("w", {rows})
def test_samples(w): assert solution.f(w) == w * w
def test_other(): assert callable(solution.f)
"""
NAMED_PATCH = """
from solution import patch, f
@patch
def test_a(): assert f(1) == 1
@patch
def test_b(): assert f(2) == 5
"""
WITHOUT = """
import contextlib
from solution import f
with contextlib.suppress(ImportError):
    from solution import g
    def test_g(): assert g(2) == 4
def test_f(): assert f(1) == 1
"""
IN_A_MARK = """
import importlib, pytest
from solution import f
@pytest.mark.skipif(not hasattr(importlib.import_module("solution"), "g"), reason="there is no g")
def test_g():
    from solution import g
    assert g(2) == 4
def test_f(): assert f(1) == 1
"""
TWO = "def f(x): return x\n"
THREE = TWO + "def g(x): return 2 * x\n"
MANY = """
import pytest, solution
@pytest.mark.parametrize("w", solution.CASES)
def test_samples(w): assert isinstance(w, str)
def test_f(): assert solution.f(3) == 9
"""


@pytest.mark.parametrize(
    ("tests", "wrong", "right"),
    [
        (SAMPLES.format(mark=MARK), "CASES = []\n" + TWO, "CASES = [1, 2]\ndef f(x): return x * x"),
        (SAMPLES.format(mark=FIXTURE), "CASES = []\n" + TWO, "CASES = [1, 2]\ndef f(x): return x * x"),
        (IN_A_LOOP.format(rows="ROWS"), "CASES = []\n" + TWO, "CASES = [1, 2]\ndef f(x): return x * x"),
        (IN_A_LOOP.format(rows="Data.rows"), "CASES = []\n" + TWO, "CASES = [1, 2]\ndef f(x): return x * x"),
        (FROM_A_HELPER, TWO, "def sort_a(x): return sorted(x)\n" + TWO),
        (HAVE, TWO, THREE),
        (WHERE, TWO, THREE),
        (WITHOUT, TWO, THREE),
        (IN_A_MARK, TWO, THREE),
        (MANY, "import os\nCASES = ['a'] * 2_000\ndef f(x): os._exit(0)", "CASES = ['a'] * 3\ndef f(x): return x * x"),
        *(
            (TIMED.format(found=found), "def timed(f): return 5\ndef g(): return 0\n", WRAPS + "def g(): return 3")
            for found in (
                "import pytest\nX = pytest.importorskip('solution')",
                "import importlib\nX = importlib.import_module('solution')",
                "import sys, solution\nX = sys.modules['solution']",
            )
        ),
    ],
)
def test_what_has_vanished_has_not_passed(judge: Judge, tests: str, wrong: str, right: str) -> None:
    assert judge.run(wrong, [Test("pytest", code=tests)]).outcome == "failed"
    verdict = judge.run(right, [Test("pytest", code=tests)])
    assert verdict.passed, verdict.tests


@pytest.mark.parametrize(
    "fills",
    [
        "if solution.FAST: rows.append(1)",
        "while len(rows) < solution.FAST: rows += [1]",
        "match solution.FAST:\n    case 1: rows = [1]",
        "try:\n    [1][solution.FAST]\nexcept IndexError: rows.append(1)",
    ],
)
def test_rows_that_are_there_if_the_program_says_so_must_run(judge: Judge, fills: str) -> None:
    code = SAMPLES.format(mark=f"rows = []\n{fills}\n@pytest.mark.parametrize('w', rows)")
    assert judge.run("FAST = 1\ndef f(x): return x * x", [Test("pytest", code=code)]).passed
    verdict = judge.run("FAST = 0\ndef f(x): return 7", [Test("pytest", code=code)])
    assert not verdict.passed, verdict.tests


def test_a_decorator_of_the_program_is_its_word_whatever_its_name(judge: Judge) -> None:
    keeps = "kept = []\ndef patch(test):\n    kept.append(test)\n    return kept[0]\n"
    verdict = judge.run(keeps + TWO, [Test("pytest", code=NAMED_PATCH)])
    assert verdict.weak or not verdict.passed, verdict.tests


def test_a_file_of_too_many_tests_says_so(judge: Judge) -> None:
    (result, *_) = judge.run("CASES = ['a'] * 2_000\ndef f(x): return x * x", [Test("pytest", code=MANY)]).tests
    assert result.outcome == "error" and "2001 tests, more than 2000" in result.message


def test_what_unittest_leaves_out_counts_for_nothing(judge: Judge) -> None:
    code = """
import sys, unittest
from solution import f
class TestF(unittest.TestCase):
    @unittest.skip("later")
    def test_later(self): assert 0
    @unittest.skipIf(sys.platform == "linux", "not here")
    def test_elsewhere(self): assert 0
    @unittest.expectedFailure
    def test_broken(self): self.assertEqual(f(1), 2)
    def test_f(self): self.assertEqual(f(1), 1)
"""
    verdict = judge.run(TWO, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak and [test.name for test in verdict.tests] == ["TestF::test_f"]


def test_a_file_that_shares_the_process_may_leave_out_tests(judge: Judge) -> None:
    code = """
import pytest, sys
from solution import Shape
class Square(Shape): pass
@pytest.mark.skipif(sys.platform == "linux", reason="not here")
def test_elsewhere(): assert 0
def test_square(): assert Square().corners() == 4
"""
    verdict = judge.run("class Shape:\n    def corners(self): return 4", [Test("pytest", code=code)])
    assert verdict.passed and [test.name for test in verdict.tests] == ["test_square"]


@pytest.mark.parametrize(
    ("code", "required"),
    [
        ("def test_a(): pass\nclass TestB:\n    def test_c(self): pass", ["TestB::test_c", "test_a"]),
        ("def test_a(): pass\ndel test_a", []),
        ("class TestA:\n    __test__ = False\n    def test_a(self): pass", []),
        ("class TestA:\n    def test_a(self): pass\nclass TestA:\n    def test_b(self): pass", ["TestA::test_b"]),
        ("import pytest\n@pytest.mark.parametrize('x', [])\ndef test_a(x): pass", []),
        ("import pytest\n@pytest.mark.parametrize('x', [1])\ndef test_a(x): pass", ["test_a"]),
        ("import pytest\n@pytest.mark.parametrize('x', [pytest.param(1, marks=later)])\ndef test_a(x): pass", []),
        ("import pytest\n@pytest.mark.skipif(old)\n@pytest.mark.parametrize('x', [1])\ndef test_a(x): pass", []),
        ("import pytest, solution\n@pytest.mark.parametrize('x', solution.X)\ndef test_a(x): pass", ["test_a"]),
        ("import pytest\npytestmark = pytest.mark.skip\ndef test_a(): pass", []),
    ],
)
def test_which_functions_must_run(code: str, required: list[str]) -> None:
    tree = ast.parse(code)
    assert required_tests(tree, names_of_the_program(tree)) == required


@pytest.mark.timeout(30)
def test_a_long_chain_of_names_is_followed_to_its_end() -> None:
    chain = [f"a{n + 1} = a{n}" for n in range(5_000)]
    code = "\n".join(["from solution import *", *reversed(chain), "a0 = f(1)", "assert same(a5000, 4)"])
    assert "a5000" in names_of_the_program(ast.parse("\n".join(["from solution import a0", *reversed(chain)])))
    assert is_judged_by_helpers(code, {"f", "same"})
