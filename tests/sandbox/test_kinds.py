"""Every kind of test, with programs that are right, wrong and unusual."""

from __future__ import annotations

import pytest

from sandbox import Judge, Test, Verdict


def run(judge: Judge, program: str, *rows: dict) -> Verdict:
    return judge.run(program, [Test.from_dict(row) for row in rows])


def asserts(*codes: str) -> list[dict]:
    return [{"kind": "assert", "code": code} for code in codes]


def pytest_file(code: str) -> dict:
    return {"kind": "pytest", "code": code}


def test_an_assert_passes_and_fails_with_a_message(judge: Judge) -> None:
    verdict = run(judge, "def f(x): return x + 1", *asserts("assert f(1) == 2", "assert f(1) == 3"))
    assert [test.outcome for test in verdict.tests] == ["passed", "failed"]
    assert verdict.outcome == "failed" and verdict.pass_rate == 0.5 and not verdict.weak
    assert verdict.tests[1].message == "assert f(1) == 3: got 2"


def test_a_test_that_loops_over_calls_runs_in_a_process_of_its_own(judge: Judge) -> None:
    row = asserts("for n in range(5):\n    assert f(n) == n * n")[0]
    assert run(judge, "def f(n): return n * n", row).passed
    assert not run(judge, "def f(n): return 2 * n", row).passed


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("from collections import Counter\ndef f(s): return Counter(s)", "assert f('aab') == {'a': 2, 'b': 1}"),
        ("from collections import defaultdict\ndef f(): return defaultdict(int, a=1)", "assert f() == {'a': 1}"),
        (
            "from collections import deque\ndef f(): return deque([1])",
            "from collections import deque\nassert f() == deque([1])",
        ),
        (
            "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
            "assert f() == (1, 2)",
        ),
        (
            "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
            "assert f().y == 2",
        ),
        ("import numpy as np\ndef f(): return np.int64(3)", "assert f() == 3"),
        (
            "import numpy as np\ndef f(): return np.array([1, 2])",
            "import numpy as np\nassert (f() == np.array([1, 2])).all()",
        ),
        ("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]"),
        ("def f(n):\n    return map(str, range(n))", "assert [x for x in f(2)] == ['0', '1']"),
        ("class A:\n    n = 0\n    def add(s, k): s.n += k; return s.n", "a = A()\na.add(2)\nassert a.add(3) == 5"),
        ("class A:\n    def get(self, x): return x * 2", "assert A().get(2) == 4"),
        ("class Dog: pass", "assert type(Dog()).__name__ == 'Dog'"),
        ("class Dog: pass\ndef f(): return Dog()", "assert type(f()) is Dog and isinstance(type(f()), object)"),
        ("def f(): return 1", "x = f()\nassert type(x) is int and type(x) == int and isinstance(int, type)"),
        ("def f(x): raise KeyError(x)", "try:\n    f(1)\n    assert False\nexcept KeyError:\n    pass"),
        (
            "from decimal import Decimal\ndef f(): return Decimal('1.10')",
            "from decimal import Decimal\nassert f() == Decimal('1.1')",
        ),
        ("from fractions import Fraction\ndef f(): return Fraction(1, 3)", "assert f() * 3 == 1"),
        ("def f(x): x.append(1)", "x = []\nf(x)\nassert x == [1]"),
        ("def f(g, x): return g(g(x))", "assert f(lambda v: v + 1, 1) == 3"),
        ("def sum(a, b): return a * b", "assert sum(3, 4) == 12"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 'int'\ndef f(): return P(1).x",
            "assert f() == 1",
        ),
        ("import math\ndef f(x): return math.sqrt(x)", "assert math.isclose(f(2), 2 ** 0.5)"),
        (
            "class L(list):\n    def first(self): return self[0]\ndef f(): return L([1, 2])",
            "x = f()\nassert x == [1, 2] and x.first() == 1",
        ),
        ("from enum import IntEnum\nclass C(IntEnum):\n    A = 1\ndef f(): return C.A", "assert f() == 1"),
    ],
)
def test_honest_programs_with_unusual_answers_pass(judge: Judge, program: str, code: str) -> None:
    verdict = run(judge, program, *asserts(code))
    assert verdict.passed, verdict.tests


@pytest.mark.parametrize(
    "answer",
    [
        "class E(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\ndef f(x): return E(7)",
        "class E:\n    def __eq__(self, o): return True\ndef f(x): return E()",
        "class E:\n    def __sub__(self, o): return 0\n    def __abs__(self): return 0\ndef f(x): return E()",
        "from unittest.mock import ANY\ndef f(x): return ANY",
        "import sys\ndef f(x): sys.exit(0)",
        "import os\ndef f(x): os._exit(0)",
        "import os, json, struct\ndef f(x):\n"
        "    b = json.dumps({'report': {'end': '', 'outcome': 'passed', 'message': '', 'weak': 0}}).encode()\n"
        "    os.write(4, struct.pack('<I', len(b)) + b)",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "row",
    [
        {"kind": "assert", "code": "assert f(1) == 2"},
        {"kind": "assert", "code": "assert abs(f(1) - 2) < 1e-6"},
        {"kind": "assert", "code": "y = f(1)\nassert y == 2"},
        {"kind": "call", "entry": "f", "args": [1], "expected": 2},
        {"kind": "check", "entry": "f", "code": "def check(c):\n    for i in (1, 1):\n        assert c(i) == 2"},
        {"kind": "pytest", "code": "from solution import f\ndef test_f():\n    assert f(1) == 2"},
        {"kind": "pytest", "code": "import os\nfrom solution import *\ndef test_f():\n    assert f(1) == 2"},
    ],
)
def test_objects_that_claim_to_equal_everything_do_not_pass(judge: Judge, answer: str, row: dict) -> None:
    assert run(judge, answer, row).outcome == "failed"


def nested(depth: int) -> list:
    return [] if depth == 0 else [nested(depth - 1)]


CACHED = """
from functools import lru_cache

class Solution:
    @lru_cache(None)
    def fib(self, n):
        return n if n < 2 else self.fib(n - 1) + self.fib(n - 2)
"""
MONEY = """
class Money:
    def __init__(self, n):
        self.n = n
    def __eq__(self, other):
        return self.n == getattr(other, "n", other)
"""


@pytest.mark.parametrize(
    ("program", "row"),
    [
        (CACHED, {"kind": "call", "entry": "Solution.fib", "args": [10], "expected": 55}),
        (CACHED, asserts("assert Solution().fib(10) == 55")[0]),
        ("def greet(): return 'hello'", asserts("assert greet().upper() == 'HELLO'")[0]),
        ("def f(x): return x * 1.1", asserts("assert f(2) == approx(2.2)")[0]),
        ("def f(x): return len(x)", {"kind": "call", "entry": "f", "args": [[1] * 250_000], "expected": 250_000}),
        ("def f(x): return len(x)", asserts("assert f('ab' * 10**6) == 2 * 10**6")[0]),
        (
            "def turn(nums, k): nums[:] = nums[-k:] + nums[:-k]",
            asserts("numbers = [1, 2, 3]\nturn(nums=numbers, k=1)\nassert numbers == [3, 1, 2]")[0],
        ),
        (MONEY, asserts("assert Money(5) == 5")[0]),
        ("def f(x): raise TypeError('a number') if not isinstance(x, int) else ValueError",
         pytest_file("import pytest\nfrom solution import f\ndef test_a():\n"
                     "    with pytest.raises(TypeError): f(object())")),
        ("class Bank(Exception): pass\nclass Broke(ValueError, Bank): pass\ndef pay(): raise Broke('no money')",
         pytest_file("import pytest\nfrom solution import pay, Bank\ndef test_a():\n"
                     "    with pytest.raises(Bank): pay()\n    with pytest.raises(ValueError): pay()")),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int = 1",
         pytest_file("import pytest, dataclasses\nfrom solution import P\ndef test_a():\n"
                     "    with pytest.raises(dataclasses.FrozenInstanceError): P().x = 2")),
        ("import sys\nprint(3)\nsys.stdout.close()", {"kind": "stdio", "stdin": "", "stdout": "3\n"}),
    ],
)  # fmt: skip
def test_honest_programs_with_unusual_tests_pass(judge: Judge, program: str, row: dict) -> None:
    verdict = run(judge, program, row)
    assert verdict.passed, verdict.tests


@pytest.mark.parametrize(
    ("imported", "name"),
    [
        ("from solution import isclose", "isclose"),
        ("from solution import isclose as close", "close"),
        ("from solution import *", "isclose"),
        ("import solution", "solution.isclose"),
        ("import solution as s", "s.isclose"),
        ("", "isclose"),
    ],
)
def test_a_program_may_have_the_name_of_a_library_s(judge: Judge, imported: str, name: str) -> None:
    """It is the one that is tested where the test means no other."""
    code = f"{imported}\ndef test_a():\n    assert {name}(1, 1.4) is True"
    row = pytest_file(code) if imported else asserts("for n in (1, 2):\n    assert isclose(n, n + 0.4) is True")[0]
    assert run(judge, "def isclose(a, b): return abs(a - b) < 0.5", row).passed
    assert not run(judge, "import math\ndef isclose(a, b): return False", row).passed


def test_values_of_pandas_are_compared_beside_the_program(judge: Judge) -> None:
    pytest.importorskip("pandas")
    file = pytest_file(
        "import pandas as pd\nfrom solution import f\ndef test_a():\n"
        "    found = f(pd.DataFrame({'a': [1, 2]}))\n"
        "    pd.testing.assert_frame_equal(found, pd.DataFrame({'a': [2]}))\n    assert len(found) == 1"
    )
    honest = run(judge, "def f(table): return table[table.a > 1].reset_index(drop=True)", file)
    assert honest.passed and honest.weak
    assert not run(judge, "def f(table): return table", file).passed


def test_names_of_two_star_imports_make_a_verdict_weak(judge: Judge) -> None:
    file = "from math import *\nfrom solution import *\ndef test_a():\n    assert fabs(area(1) - pi) < 1e-3"
    assert run(judge, "def area(r): return 3.14159 * r * r", pytest_file(file)).weak
    assert run(judge, "def area(r): return 0\ndef fabs(x): return 0", pytest_file(file)).weak


def test_call_compares_the_value_as_json(judge: Judge) -> None:
    row = {"kind": "call", "entry": "f", "args": [[3, 1]], "kwargs": {"reverse": True}, "expected": [3, 1]}
    assert run(judge, "def f(x, reverse): return tuple(sorted(x, reverse=reverse))", row).passed


def test_a_method_is_called_on_a_new_object(judge: Judge) -> None:
    row = {"kind": "call", "entry": "Solution.twice", "args": [4], "expected": 8}
    assert run(judge, "class Solution:\n    def twice(self, n): return 2 * n", row).passed


def test_stdio_compares_words(judge: Judge) -> None:
    rows = [{"kind": "stdio", "stdin": "3 4\n", "stdout": "7"}, {"kind": "stdio", "stdin": "1 1", "stdout": "2"}]
    assert run(judge, "import sys\nprint(sum(map(int, sys.stdin.read().split())))\nsys.exit()", *rows).passed
    assert run(judge, "print(*open(0))", {"kind": "stdio", "stdin": "a", "stdout": "a"}).passed
    verdict = run(judge, "print(7)", *rows)
    assert verdict.pass_rate == 0.5 and "got '7', expected '2'" in verdict.tests[1].message


def test_stdio_needs_a_clean_exit(judge: Judge) -> None:
    verdict = run(judge, "print(7)\nraise ValueError('late')", {"kind": "stdio", "stdin": "", "stdout": "7"})
    assert verdict.tests[0].outcome == "error" and verdict.tests[0].message == "ValueError: late"


def test_eight_megabytes_of_right_output_pass(judge: Judge) -> None:
    text = "x" * 7_999_000
    assert run(judge, f"print('x' * {len(text)})", {"kind": "stdio", "stdin": "", "stdout": text}).passed


PYTEST_FILE = """
import pytest
from solution import Stack, Empty, shout, read_name

@pytest.fixture
def stack():
    return Stack()

def test_pop_gives_the_last(stack):
    stack.push(1); stack.push(2)
    assert stack.pop() == 2 and len(stack) == 1

def test_empty_raises(stack):
    with pytest.raises(Empty, match="nothing"):
        stack.pop()

@pytest.mark.parametrize("n", [0, 3])
def test_length(stack, n):
    for i in range(n):
        stack.push(i)
    assert len(stack) == n

def test_output(capsys):
    shout("hi")
    assert capsys.readouterr().out == "HI\\n"

def test_input(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt="": "Ada")
    assert read_name() == "Ada"

class TestGroup:
    def test_is_a_stack(self, stack):
        assert isinstance(stack, Stack)
"""
STACK = """
class Empty(Exception): pass
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def pop(self):
        if not self.items: raise Empty("nothing there")
        return self.items.pop()
    def __len__(self): return len(self.items)
def shout(s): print(s.upper())
def read_name(): return input("name? ")
"""


def test_a_pytest_file_gives_one_result_a_function(judge: Judge) -> None:
    verdict = run(judge, STACK, pytest_file(PYTEST_FILE))
    assert verdict.passed and not verdict.weak, verdict.tests
    assert [test.name for test in verdict.tests] == [
        "test_pop_gives_the_last", "test_empty_raises", "test_length", "test_output", "test_input",
        "TestGroup::test_is_a_stack",
    ]  # fmt: skip


def test_a_wrong_method_fails_only_its_own_tests(judge: Judge) -> None:
    verdict = run(judge, STACK.replace("self.items.pop()", "self.items.pop(0)"), pytest_file(PYTEST_FILE))
    assert [test.name for test in verdict.tests if test.outcome != "passed"] == ["test_pop_gives_the_last"]


def test_a_loop_in_one_test_function_does_not_keep_the_others_from_running(judge: Judge) -> None:
    code = "from solution import f\n" + "".join(f"def test_{n}(): assert f({n}) == {n}\n" for n in range(3))
    verdict = run(judge, "def f(x):\n    while x == 1: pass\n    return x", pytest_file(code))
    assert [test.outcome for test in verdict.tests] == ["passed", "timeout", "passed"]


def test_files_make_a_verdict_weak_and_forged_passes_give_themselves_away(judge: Judge) -> None:
    code = (
        "from solution import count\ndef test_a(tmp_path):\n"
        "    p = tmp_path / 'x'\n    p.write_text('a b')\n    assert count(p) == 2"
    )
    honest = run(judge, "def count(p): return len(p.read_text().split())", pytest_file(code))
    assert honest.passed and honest.weak
    equal_to_all = "class E(int):\n    def __eq__(self, o): return True\ndef count(p): return E(1)"
    assert run(judge, equal_to_all, pytest_file(code)).outcome == "failed"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (pytest_file("def test_a(: pass"), "does not parse"),
        (pytest_file("import no_such_module\ndef test_a(): pass"), "no_such_module"),
        (pytest_file("x = 1"), "no tests"),
        (pytest_file("def test_a():\n    while True: pass"), "the test is at fault"),
        ({"kind": "assert", "code": "assert f(1) =="}, "does not parse"),
        ({"kind": "assert", "code": "while True: pass"}, "the test is at fault"),
        ({"kind": "check", "entry": "f", "code": "x = 1"}, "check"),
        ({"kind": "assert", "code": f"assert f(1) == {'-' * 900}1"}, "the test is at fault"),
        (
            {"kind": "call", "entry": "f", "args": [nested(150)], "expected": 1},
            "the test is at fault: the value is nested",
        ),
        ({"kind": "stdio", "stdin": "", "stdout": "\ud83d"}, "the test is at fault"),
    ],
)
def test_a_test_at_fault_is_named_as_such(judge: Judge, row: dict, words: str) -> None:
    verdict = run(judge, "def f(x): return x", row)
    assert verdict.outcome == "failed" and words in verdict.tests[0].message


def test_no_tests_show_nothing(judge: Judge) -> None:
    verdict = run(judge, "x = 1")
    assert verdict.outcome == "failed" and verdict.pass_rate == 0 and "no tests" in verdict.message


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("def f(:", "SyntaxError"),
        ("\0", "null bytes"),
        ("x = '" + "a" * 1_000_000, "SyntaxError"),
        ("(" * 5000 + ")" * 5000, "Error"),
        ("\ud800 = 1", "Error"),
        ("x" + "+x" * 100_000, "Error"),
        ("raise SystemExit(0)", "SystemExit"),
        ("class X(Exception):\n    def __str__(self): raise ValueError\nraise X", "X"),
    ],
)  # fmt: skip
def test_a_program_that_does_not_load_gets_a_clear_error(judge: Judge, program: str, words: str) -> None:
    verdict = run(judge, program, *asserts("assert f(1) == 2"))
    assert verdict.outcome == "failed" and words in verdict.tests[0].message


def test_a_megabyte_of_source_is_judged(judge: Judge) -> None:
    program = "".join(f"def f{i}(x): return x + {i}\n" for i in range(35_000))
    assert run(judge, program, *asserts("assert f7(1) == 8")).outcome in ("passed", "failed")


CPP = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b; }"


def test_cpp_programs_are_compiled_and_judged(judge: Judge) -> None:
    tests = [Test("stdio", stdin="3 4", stdout="7"), Test("stdio", stdin="5 5", stdout="10")]
    assert judge.run(CPP, tests, language="c++").passed
    assert judge.run(CPP.replace("a + b", "a - b"), tests, language="c++").outcome == "failed"
    assert "does not compile" in judge.run("int main( {", tests, language="c++").tests[0].message


def test_evaluate_returns_typed_values_and_errors(judge: Judge) -> None:
    program = "def f(x): return (x, {x})\ndef g(): raise ValueError('no')"
    value, error, missing = judge.evaluate(program, [("f", [1], {}), ("g", [], {}), ("h", [], {})])
    assert value.value == (1, {1}) and value.outcome == "returned"
    assert error.outcome == "raised" and error.error == "ValueError: no"
    assert missing.outcome == "raised" and "h" in missing.error
