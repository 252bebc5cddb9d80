"""Tests that share the program's process: run as they are, and again where some must fail."""

from __future__ import annotations

import ast
import random

import pytest

from sandbox import Judge, Test
from sandbox.similar import similar
from sandbox.trusted.challenge import make_challenge
from sandbox.trusted.sharing import must_share

PROGRAM = """
calls = 0
class Account:
    next_number = 1
    def __init__(self): self.number = Account.next_number; Account.next_number += 1
class Shape:
    def words(self): return f"{type(self).__name__} of {self.area()}"
async def tick():
    global calls
    calls += 1
    return calls
def save(path, text): path.write_text(text)
"""
COUNTS = """
import asyncio
from solution import *

def test_a(): assert asyncio.run(tick()) == 1
def test_b(): assert asyncio.run(tick()) == 2
def test_c(tmp_path):
    assert Account().number == 1
    save(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"
    assert Account().number == 2
class TestShapes:
    def test_d(self):
        class Square(Shape):
            def area(self): return 4
        assert Square().words() == "Square of 4"
        assert Account().number == 3
"""


def test_each_run_begins_anew(judge: Judge) -> None:
    for _ in range(5):  # what must fail is drawn each time
        verdict = judge.run(PROGRAM, [Test("pytest", code=COUNTS)])
        assert verdict.passed and verdict.weak, verdict.tests
    wrong = judge.run(PROGRAM.replace("+= 1\n    return", "+= 2\n    return"), [Test("pytest", code=COUNTS)])
    assert [test.name for test in wrong.tests if test.outcome != "passed"] == ["test_a", "test_b"]


def test_what_must_fail_is_run_to_its_end() -> None:
    code = "done = []\ndef test_a():\n    with x:\n        assert 1 + 1 == 2\n    done.append(1)\n"
    challenge = make_challenge(code, random.Random(0))
    assert challenge.must_pass == {"test_a": False}
    import contextlib

    space: dict = {"x": contextlib.nullcontext()}
    exec(challenge.altered, space)
    with pytest.raises(AssertionError):
        space["test_a"]()
    assert space["done"] == [1]


def test_the_two_files_differ_in_literals_alone() -> None:
    code = "def test_a(): assert x == 2\ndef test_b(): assert x == 3\ndef test_c(): assert x\n"
    for seed in range(20):
        challenge = make_challenge(code, random.Random(seed))
        assert False in challenge.must_pass.values() and challenge.must_pass["test_c"]
        forms = [ast.unparse(_Blank().visit(ast.parse(text))) for text in (challenge.plain, challenge.altered)]
        assert forms[0] == forms[1] and challenge.plain != challenge.altered


class _Blank(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(0)


FRAMES = """
import pandas as pd
from solution import f
def test_a():
    expected = pd.DataFrame({"a": [2, 4]})
    pd.testing.assert_frame_equal(f(pd.DataFrame({"a": [1, 2]})), expected)
"""
NO_RUN = "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n"
NO_CHECK = "import pandas as pd\npd.testing.assert_frame_equal = lambda *frames, **how: None\n"
ASYNC = "import asyncio, pytest\nfrom solution import f\n"


@pytest.mark.parametrize(
    ("trick", "code"),
    [
        (NO_RUN, ASYNC + "def test_a():\n    expected = 6\n    assert asyncio.run(f(3)) == expected"),
        (NO_RUN, ASYNC + "def test_a(): assert 6 == asyncio.run(f(3))"),
        (NO_RUN, ASYNC + "@pytest.mark.parametrize('x', [6])\ndef test_a(x): assert asyncio.run(f(3)) == x"),
        (NO_RUN, ASYNC + "def test_a():\n    with pytest.raises(TypeError): asyncio.run(f(None))"),
        (NO_CHECK, FRAMES),
        (NO_CHECK, FRAMES.replace("expected)", "expected, check_dtype=False)")),
        ("f = None\nimport pandas as pd\npd.Series.equals = lambda *all: True",
         "import pandas as pd\nfrom solution import f\n"
         "def test_a(): assert pd.Series(f([1, 2])).equals(pd.Series([2, 4]))"),
    ],
)  # fmt: skip
def test_a_trick_that_makes_all_pass_is_caught(judge: Judge, trick: str, code: str) -> None:
    """Whatever the comparison is; and the right program passes however the questions are drawn."""
    right = "def f(x): return [2 * y for y in x] if isinstance(x, list) else 2 * x\n"
    right = right.replace("def", "async def") if "asyncio" in code else right
    assert judge.run("def f(x): return x\n" + trick, [Test("pytest", code=code)]).outcome == "failed"
    for _ in range(4):
        verdict = judge.run(right, [Test("pytest", code=code)])
        assert verdict.passed, verdict.tests


DROPS = """
from _pytest.python import PyCollector
every = PyCollector._genfunctions
PyCollector._genfunctions = lambda self, name, code: (one for one in every(self, name, code) if "[" not in one.name)
async def f(x): return 3
"""


@pytest.mark.parametrize("also", ["def test_b(): assert asyncio.run(f(3)) == 3", ""])
def test_rows_that_were_dropped_have_failed(judge: Judge, also: str) -> None:
    rows = "@pytest.mark.parametrize('x', [6, 8])\ndef test_a(x): assert asyncio.run(f(x)) == 2 * x\n"
    others = [Test("pytest", code=ASYNC + "def test_c(): assert asyncio.run(f(3)) == 3")]
    assert judge.run(DROPS, [Test("pytest", code=ASYNC + rows + also), *others]).outcome == "failed"


@pytest.mark.parametrize("kind", ["pytest", "assert"])
def test_a_test_too_deep_to_be_questioned_is_at_fault(judge: Judge, kind: str) -> None:
    deep = "assert asyncio.run(f(1)) == 0" + " + 1" * 600
    code = ASYNC + f"def test_a(): {deep}" if kind == "pytest" else f"import asyncio\n{deep}"
    verdict = judge.run("async def f(x): return 600 * x", [Test.from_dict({"kind": kind, "code": code})])
    assert verdict.outcome == "failed" and "nested too deeply" in verdict.tests[0].message


@pytest.mark.parametrize(
    "code",
    [
        "def test_a(n, expected):\n    if n == 1: return\n    assert f(n) == expected",  # may not be reached
        "def test_a(n, expected): assert f(n, expected) == expected",  # is more than what is expected
        "@pytest.fixture\ndef made(expected): pass\ndef test_a(made, n, expected): assert f(n) == expected",
    ],
)
def test_rows_that_need_not_fail_are_left_alone(code: str) -> None:
    mark = "@pytest.mark.parametrize('n, expected', [(1, 2)])\ndef test_a"
    challenge = make_challenge(code.replace("def test_a", mark) + "\ndef test_b(): assert f(1) == 5", random.Random(0))
    assert challenge.must_pass == {"test_a": True, "test_b": False} and "(1, 2)" in challenge.altered


def test_the_altered_file_shows_no_trace_of_a_change() -> None:
    secret = random.Random(0)
    values = {similar(5.6, secret) for _ in range(50)}
    assert all(len(str(value)) < 6 for value in values) and 5.6 not in values
    code = "def test_a(): assert f() == {'c', 'a', 'b'}"  # in the order in which one would write them
    challenge = make_challenge(code, secret)
    assert repr(set("cab")) in challenge.plain


def test_names_of_tests_are_those_that_pytest_collects() -> None:
    code = (
        "def test_a(): pass\ndef test_a(): pass\nclass TestB:\n    def test_c(self): pass\n    def helper(self): pass\n"
        "class Other:\n    def test_d(self): pass\nclass TestE(Other): pass\n"
    )
    assert list(make_challenge(code, random.Random(0)).must_pass) == ["test_a", "TestB::test_c", "Other::test_d"]


def test_a_test_under_a_condition_counts_where_it_is_run(judge: Judge) -> None:
    code = "import os\nfrom solution import f\nif os.name == 'nt':\n    def test_a(): assert False\nelse:\n"
    code += "    def test_b(): assert f(1) == 2\ndef test_c(): assert f(0) == 0\n"
    for program, failed in (("def f(x): return 2 * x", []), ("def f(x): return 0", ["test_b"])):
        verdict = judge.run(program, [Test("pytest", code=code)])
        assert [test.name for test in verdict.tests if test.outcome != "passed"] == failed, verdict.tests
        assert {test.name for test in verdict.tests} == {"test_b", "test_c"}


@pytest.mark.parametrize(
    ("code", "shares"),
    [
        ("import os\nfrom solution import f\ndef test_a(): assert f() == 1", False),  # an import that nothing uses
        ("import os\nfrom solution import f\ndef test_a(): assert f() == os.sep", True),
        ("from solution import *\nclass Square(Shape): pass\ndef test_a(): assert Square().area() == 1", True),
        ("from solution import *\nclass Error(ValueError): pass\ndef test_a(): assert f(Error) == 1", False),
        ("from solution import f\ndef test_a(tmp_path): assert f(tmp_path) == 1", True),
        ("from solution import P, f\ndef test_a():\n    match f():\n        case P(x=1): pass", True),
        ("from solution import f\ndef test_a():\n    match f():\n        case [1, 2]: pass", False),
        ("from solution import P, f\ndef test_a(): assert f().__class__ is P", True),
        (
            "import dataclasses\nfrom solution import P\ndef test_a(): assert dataclasses.replace(P(1), x=2).x == 2",
            True,
        ),
        ("from solution import f\nclass A: pass\ndef test_a(): f(A)", True),
        ("from solution import P\ndef test_a():\n    with pytest.raises(AttributeError): P(1).x = 2", False),
        ("from solution import P, f\ndef test_a(): P.x = f", True),
        ("from solution import P\ndef test_a(): P.x = lambda self: 2", True),
        ("from solution import P\ndef test_a(): P.x = 2", False),
        ("import solution as s\nclass A(s.P): pass", True),
        ("import solver as s\nclass A(s.P): pass", False),
        ("def test_a(monkeypatch): monkeypatch.setattr(sys, 'stdin', 2)", False),
        ("def test_a(monkeypatch): monkeypatch.setattr(builtins, 'input', max)", False),
        ("def test_a(monkeypatch): monkeypatch.setattr(sys, 'argv', ['a'])", True),
        ("def test_a(monkeypatch): monkeypatch.setattr(sys, name, 2)", True),
        ("import os, sys\nsys.path.append(os.sep)\ndef test_a(): pass", False),
        ("import os, sys\nsys.path.append(os.sep)\ndef test_a(): os.sep", True),
        ("from solution import P\nclass A: pass\ndef test_a():\n    a = A()\n    assert isinstance(a, P)", True),
        ("from solution import P\nclass A: pass\ndef test_a(): assert issubclass(A, (int, P))", True),
        ("from solution import P, f\nclass A: pass\ndef test_a(): assert isinstance(f(A()), P)", False),
        ("from solution import P, f\nclass A: pass\ndef test_a(): assert isinstance(f(A()), A)", False),
        ("from solution import f\nclass A: pass\ndef test_a(): f(A())", False),
        ("from solution import f\nclass A: pass\ndef test_a(): assert isinstance(f(Mock(spec=A)), A)", False),
        ("from solution import f\nclass Broken(ValueError): pass\ndef test_a(): f(Broken)", False),
        ("from solution import f\ndef test_a(): assert f('a').replace('a', 'b') == 'b'", False),
        ("import string\nfrom solution import f\nclass A(string.Formatter): pass\ndef test_a(): f(A())", True),
        ("import string\nfrom solution import f\ndef test_a(): f(string.Formatter().format)", True),
        ("from solution import Formatter\ndef test_a(): Formatter().format('a')", False),
        ("import logging\nfrom solution import f\nclass A(logging.Formatter): pass\ndef test_a(): f(A())", False),
        ("import sys\nfrom solution import f\ndef test_a(): sys.setrecursionlimit(10**4); f()", True),
        (f"import sys\ndef test_a(): patch(sys{'.a' * 900}, 1)", True),
        (f"def test_a(): patch(0x1{'0' * 4000}, 1)", True),
        ("import solution\ndef test_a(monkeypatch): monkeypatch.setattr(solution, 'g', lambda: 1)", False),
        ("import solution\ndef test_a(monkeypatch): monkeypatch.setattr(solution.Pin, 'g', lambda self: 1)", True),
        ("def test_a(monkeypatch): monkeypatch.setattr('solution.Pin.g', lambda self: 1)", True),
        ("def test_a(monkeypatch): monkeypatch.setattr('solution.Pin', max)", False),
        ("def test_a():\n    with patch('solution.Pin.g', return_value=1): pass", False),
        ("def test_a():\n    with patch('solution.random.randint', max): pass", True),
        ("import solution\ndef test_a(monkeypatch): monkeypatch.setattr(solution.random, 'randint', max)", True),
        ("from solution import Pin\ndef test_a():\n    with patch.object(Pin, 'g', return_value=1): pass", False),
        (
            "from solution import Pin\ndef test_a():\n    with patch.object(Pin, 'g', new_callable=PropertyMock): pass",
            True,
        ),
        ("from solution import Pin\ndef test_a():\n    with patch.object(Pin, 'g', 1): pass", False),
        ("def test_a(monkeypatch): monkeypatch.setattr('solution.Pin.g', [1])", False),
        ("def test_a(pin):\n    with patch.object(pin, 'g', max): pass", False),
        ("from solution import Pin\ndef test_a():\n    pin = Pin()\n    with patch.object(pin.a, 'g'): pass", False),
        ("def test_a(pin):\n    with patch.object(pin, 'g', autospec=True): pass", True),
        ("def test_a():\n    js = pytest.importorskip('json')\n    with patch.object(js, 'dumps'): pass", True),
        ("def test_a(pin):\n    with patch.object(type(pin), 'g', max): pass", True),
        ("def test_a(pin):\n    with patch.object(pin.__class__, 'g', max): pass", True),
        (
            "import solution\ndef test_a(monkeypatch):\n    m = solution.random\n    monkeypatch.setattr(m, 'g', 1)",
            True,
        ),
    ],
)
def test_only_what_needs_it_shares_the_process(code: str, shares: bool) -> None:
    assert must_share(code) == shares


def test_what_is_equal_to_more_than_one_literal_is_not_compared_with_another(judge: Judge) -> None:
    code = "import pytest\nfrom solution import Base\nclass Mine(Base): pass\n"
    code += "".join(f"def test_{n}(): assert pytest.approx(Mine().f(), rel=0.1) == 1000\n" for n in range(8))
    verdict = judge.run("class Base:\n    def f(self): return 1001", [Test("pytest", code=code)])
    assert verdict.passed, verdict.tests


@pytest.mark.parametrize("kind", ["pytest", "assert"])
def test_a_number_that_cannot_be_written_anew_is_the_tests_fault(judge: Judge, kind: str) -> None:
    large = f"assert asyncio.run(f(1)) == 0x1{'0' * 4000}"
    code = ASYNC + f"def test_a(): {large}" if kind == "pytest" else f"import asyncio\n{large}"
    verdict = judge.run("async def f(n):\n    return 16**4000", [Test(kind, code=code)])
    assert verdict.outcome == "failed" and "the test is at fault" in verdict.tests[0].message
