"""Tests that share the program's process: run as they are, and again where some must fail."""

from __future__ import annotations

import ast
import random

import pytest

from sandbox import Judge, Test
from sandbox.challenge import make_challenge
from sandbox.together import must_share

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


def test_names_of_tests_are_those_that_pytest_collects() -> None:
    code = (
        "def test_a(): pass\ndef test_a(): pass\nclass TestB:\n    def test_c(self): pass\n    def helper(self): pass\n"
        "class Other:\n    def test_d(self): pass\nclass TestE(Other): pass\n"
    )
    assert list(make_challenge(code, random.Random(0)).must_pass) == ["test_a", "TestB::test_c", "Other::test_d"]


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
        ("from solution import f\nclass A: pass\ndef test_a(): f(A())", False),
        ("from solution import f\nclass A: pass\ndef test_a(): assert isinstance(f(Mock(spec=A)), A)", False),
        ("from solution import f\nclass Broken(ValueError): pass\ndef test_a(): f(Broken)", False),
        ("from solution import f\ndef test_a(): assert f('a').replace('a', 'b') == 'b'", False),
        ("import sys\nfrom solution import f\ndef test_a(): sys.setrecursionlimit(10**4); f()", True),
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
    ],
)
def test_only_what_needs_it_shares_the_process(code: str, shares: bool) -> None:
    assert must_share(code) == shares
