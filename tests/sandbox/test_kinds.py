"""Every kind of test, with programs that are right, wrong and unusual."""

from __future__ import annotations

import os
import time

import pytest

from sandbox import Judge, Limits, Test, Verdict
from sandbox.trusted.cpp import Compiler


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


def test_an_error_without_words_of_its_own_is_named(judge: Judge) -> None:
    (result,) = judge.run("def f(x):\n    return x\n", [Test("assert", code="assert next(iter(f([])))")]).tests
    assert (result.outcome, result.message) == ("error", "assert next(iter(f([]))): StopIteration")


def test_a_test_that_loops_over_calls_runs_in_a_process_of_its_own(judge: Judge) -> None:
    row = asserts("for n in range(5):\n    assert f(n) == n * n")[0]
    assert run(judge, "def f(n): return n * n", row).passed
    assert not run(judge, "def f(n): return 2 * n", row).passed


CORES = "import os\ndef cores(): return len(os.sched_getaffinity(0))"


def test_a_test_and_its_program_take_turns_on_one_core(judge: Judge) -> None:
    assert run(judge, CORES, pytest_file("from solution import cores\ndef test_a(): assert cores() == 1")).passed


def test_a_program_that_needs_no_turns_may_use_every_core(judge: Judge) -> None:
    run(judge, CORES, pytest_file("from solution import cores\ndef test_a(): cores()"))
    assert run(judge, CORES, *asserts(f"assert cores() == {len(os.sched_getaffinity(0))}")).passed


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
            "import numpy as np\ndef f(): return np.array([1.5, 2.5]).mean()",
            "import numpy as np\nx = f()\n"
            "assert isinstance(x, np.floating) and x.dtype == np.float64 and x.item() == x.round(1) == 2.0",
        ),
        ("import numpy as np\ndef f(x): return x.dtype.name", "import numpy as np\nassert f(np.int8(3)) == 'int8'"),
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
        ("def f(xs, kind): return [x for x in xs if isinstance(x, kind)]", "assert f([1, 'a', 2], kind=int) == [1, 2]"),
        ("def f(xs, kind): return kind(xs)", "assert f([2, 2, 1], set) == {1, 2} and f('ab', tuple) == ('a', 'b')"),
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
        {"kind": "pytest", "code": "from solution import *\ndef test_f(tmp_path):\n    assert f(1) == 2"},
    ],
)
def test_objects_that_claim_to_equal_everything_do_not_pass(judge: Judge, answer: str, row: dict) -> None:
    assert run(judge, answer, row).outcome == "failed"


POINT = """
from typing import NamedTuple

class Point(NamedTuple):
    x: int
    y: int = 0

    def norm(self):
        return self.x**2 + self.y**2

    @classmethod
    def origin(cls):
        return cls(0)
"""


@pytest.mark.parametrize(
    "code",
    [
        "assert Point(3, 4).norm() == 25",
        "assert Point.origin() == (0, 0)",
        "x, y = Point(1, 2)\nassert (x, y) == (1, 2)",
        "p = Point(1)\nassert p == (1, 0) and p[0] == p.x == 1 and len(p) == 2 and isinstance(p, tuple)",
        "assert Point(1)._replace(y=5) == Point(1, 5) and Point(1)._asdict() == {'x': 1, 'y': 0}",
        "assert [p.x for p in sorted([Point(2), Point(1)])] == [1, 2]",
        "assert Point(1) in {Point(1): 'a'} and {(1, 0): 'a'}[Point(1)] == 'a'",
    ],
)
def test_named_tuples_with_methods(judge: Judge, code: str) -> None:
    verdict = run(judge, POINT, *asserts(code))
    assert verdict.passed, verdict.tests


RETRY = """
def retry(times, exceptions=(Exception,)):
    def wrap(f):
        def call(*args):
            for left in range(times - 1, -1, -1):
                try:
                    return f(*args)
                except exceptions:
                    if not left:
                        raise
        return call
    return wrap
"""
TESTS_OF_RETRY = """
import pytest
from solution import retry

class Flaky(Exception):
    def __init__(self, text, code):
        super().__init__(text)
        self.code = code

class FlakyValue(ValueError):
    pass

def test_gives_up_with_the_tests_own_exception():
    calls = []
    @retry(3, exceptions=(Flaky, FlakyValue))
    def f(x):
        calls.append(x)
        raise Flaky("no luck", 7)
    with pytest.raises(Flaky, match="no luck") as caught:
        f(1)
    assert calls == [1, 1, 1] and caught.value.code == 7

def test_lets_others_pass():
    calls = []
    @retry(3, exceptions=(Flaky, KeyError))
    def f():
        calls.append(1)
        raise FlakyValue("other")
    with pytest.raises(FlakyValue):
        f()
    assert calls == [1]

def test_catches_by_the_base():
    calls = []
    @retry(2, exceptions=ValueError)
    def f():
        calls.append(1)
        if len(calls) == 1:
            raise FlakyValue("first")
        return "done"
    assert f() == "done"
"""


def test_a_tests_own_exceptions_go_through_the_program(judge: Judge) -> None:
    verdict = run(judge, RETRY, pytest_file(TESTS_OF_RETRY))
    assert verdict.passed and not verdict.weak, verdict.tests
    forgetful = RETRY.replace(
        "                    if not left:\n                        raise", "                    pass"
    )
    verdict = run(judge, forgetful, pytest_file(TESTS_OF_RETRY))
    assert [test.outcome for test in verdict.tests] == ["error", "passed", "passed"]


def test_a_program_raises_the_exception_class_it_was_given(judge: Judge) -> None:
    code = (
        "import pytest\nfrom solution import need\n\nclass Missing(LookupError):\n    pass\n\n"
        "def test_a():\n    with pytest.raises(Missing, match='b'):\n        need({'a': 1}, 'b', Missing)\n"
    )
    program = "def need(row, key, error):\n    if key not in row:\n        raise error(key)\n    return row[key]"
    assert run(judge, program, pytest_file(code)).passed
    assert not run(judge, program.replace("raise error(key)", "raise LookupError(key)"), pytest_file(code)).passed


OBJECTS_OF_THE_TEST = """
from dataclasses import dataclass
from enum import Enum
import pytest
from solution import count, depth, has_cycle, largest, reverse, total

class Node:
    def __init__(self, val, next=None):
        self.val, self.next = val, next

class Tree:
    left = right = None

class Colour(Enum):
    RED = 1
    BLUE = 2

@dataclass(order=True)
class Item:
    price: float
    name: str = ""

    def cost(self, times):
        return self.price * times

def values(node):
    found = []
    while node:
        found.append(node.val)
        node = node.next
    return found

def test_changes_a_list_in_place():
    assert values(reverse(Node(1, Node(2, Node(3))))) == [3, 2, 1]

def test_sees_that_two_are_one():
    node = Node(1)
    assert not has_cycle(node)
    node.next = Node(2, node)
    assert has_cycle(node)

def test_walks_a_tree():
    root = Tree()
    root.left = Tree()
    root.left.right = Tree()
    assert depth(root) == 3

def test_reads_and_calls():
    assert total([Item(1.5), Item(2)], 2) == 7.0

def test_compares():
    a, b = Item(1, "a"), Item(2, "b")
    assert largest([a, b]) is b

def test_members_of_an_enumeration():
    assert count([Colour.RED, Colour.BLUE, Colour.RED]) == {Colour.RED: 2, Colour.BLUE: 1}
"""
USES_OBJECTS = """
def reverse(head):
    before = None
    while head:
        head.next, before, head = before, head, head.next
    return before

def has_cycle(head):
    slow = fast = head
    while fast and fast.next:
        slow, fast = slow.next, fast.next.next
        if slow is fast:
            return True
    return False

def depth(tree):
    return 0 if tree is None else 1 + max(depth(tree.left), depth(tree.right))

def total(items, times):
    return sum(item.cost(times) for item in items) if all(item.price > 0 for item in items) else None

def largest(items):
    return max(items)

def count(colours):
    return {colour: colours.count(colour) for colour in colours}
"""


def test_programs_use_objects_of_the_tests_classes(judge: Judge) -> None:
    verdict = run(judge, USES_OBJECTS, pytest_file(OBJECTS_OF_THE_TEST))
    assert verdict.passed, verdict.tests
    wrong = USES_OBJECTS.replace("return before", "return head").replace("1 + max", "max")
    outcomes = [test.outcome for test in run(judge, wrong, pytest_file(OBJECTS_OF_THE_TEST)).tests]
    assert outcomes == ["failed", "passed", "failed", "passed", "passed", "passed"]


ANSWERS_ITSELF = """
class Solution:
    def mean(self, numbers): return self
    greet = sorted = mean
    def __sub__(self, other): return 0.0
    def __xor__(self, other): return set()
    def startswith(self, prefix): return True
    def __eq__(self, other): return True
"""
ANSWERS_OBJECTS = """
class Solution:
    def mean(self, numbers): return self
    def __sub__(self, other): return self
    def __abs__(self): return 0.0
    def __len__(self): return 0
"""
SUBTRACTS = """
class RMS:
    def __init__(self, numbers): pass
    def __sub__(self, other): return self
    def __abs__(self): return 0.0
    def startswith(self, text): return True
"""
LISTS_THAT_CHANGE = """
import sys
class Changing(list): pass
frame = sys._getframe()
while "server" not in frame.f_locals:
    frame = frame.f_back
operations = frame.f_locals["server"].operations
plain = operations["plain"]
def look(value):
    value[0] = value[1] = value[1] + 1
    return plain(value)
operations["plain"] = look
def changing(): return Changing([0, 0])
"""
CASES = "@pytest.mark.parametrize(('n', 'squared'), [(0, 0), (3, 9), (4, 16)])"


@pytest.mark.parametrize(
    ("program", "row"),
    [
        (ANSWERS_ITSELF, asserts("assert abs(Solution().mean([1, 2]) - 1.5) < 1e-9")[0]),
        (ANSWERS_ITSELF, asserts("assert Solution().greet('Bob').startswith('Hello')")[0]),
        (ANSWERS_ITSELF, asserts("assert not (Solution().sorted([2, 1]) ^ {1, 2})")[0]),
        ("class S:\n    def square(self, n): return self if n else 0\n    def __eq__(self, o): return True",
         pytest_file(f"import pytest\nfrom solution import S\n{CASES}\ndef test_a(n, squared):\n"
                     "    assert S().square(n) == squared")),
        (ANSWERS_ITSELF, pytest_file("from solution import Solution\nRIGHT = Solution().mean([1, 2]) == 1.5\n"
                                     "def test_a():\n    assert RIGHT")),
        ("def f(numbers): return set", asserts("assert f([2, 3]).intersection({2, 3}) == {2, 3}")[0]),
        ("Broke = AssertionError\ndef pay(n): pass",
         pytest_file("from solution import pay, Broke\ndef test_a():\n    try:\n        pay(9)\n        assert False\n"
                     "    except Broke:\n        pass")),
        ("def pay(n): raise StopIteration",
         pytest_file("from solution import pay\ndef test_a():\n    assert all(map(lambda n: pay(n) == n, [1, 2]))")),
        ("def greet(get_name): return get_name()",
         pytest_file("from unittest.mock import MagicMock\nfrom solution import greet\ndef test_a():\n"
                     "    assert greet(MagicMock()).startswith('Hello')")),
        ("def timed(function): return lambda: None",
         pytest_file("from solution import timed\n@timed\ndef test_a():\n    assert False")),
        ("class Quiet:\n    def __enter__(self): return self\n    def __exit__(self, *error): return True\n"
         "def work(): raise ValueError",
         pytest_file("from solution import Quiet, work\ndef test_a():\n    with Quiet():\n        assert work() == 3")),
        (ANSWERS_OBJECTS, asserts("assert abs(Solution().mean([1, 2]) - 1.5) < 1e-9")[0]),
        (ANSWERS_OBJECTS, asserts("assert len(Solution().mean([1, 2]) - {1, 2}) == 0")[0]),
        ("def apply(function, text): return function('9')",
         pytest_file("from solution import apply\ndef test_a():\n    assert apply(eval, '4 + 5') == 9")),
        ("from collections import namedtuple\ndef greet(n): return namedtuple('X', ['startswith'])(lambda text: True)",
         asserts("assert greet('Bob').startswith('Hello')")[0]),
        ("class Id(str):\n    n = 0\n    def __hash__(self):\n        Id.n += 1\n        return Id.n\n"
         "    def __eq__(self, other): return False\ndef new_id(): return Id('x')",
         asserts("assert len({new_id() for _ in range(20)}) == 20")[0]),
        ("class X(str):\n    def isupper(self): return True\ndef f(): return X('abc')",
         asserts("r = f()\nassert r.isupper() and r.lower() == 'abc'")[0]),
        ("class V:\n    held = [[10], [1, 2, 3]]\n    def values(self): return self.held.pop()\ndef f(): return V()",
         asserts("r = f()\nassert len(r.values()) == 3 and sum(r.values()) == 10")[0]),
        ("def first(numbers): return set",
         pytest_file("from solution import first\nGOT = []\ndef test_a():\n    GOT.append(first([2]))\n"
                     "def test_b():\n    assert GOT[0].union({2, 3}) == {2, 3}")),
        ("def register(kind): return 5",
         pytest_file("from solution import register\n@register\nclass TestA:\n    def test_a(self):\n"
                     "        assert False\ndef test_b(): pass")),
        ("def run(box): box.check = lambda: True",
         pytest_file("from solution import run\nclass Box:\n    __slots__ = ('check',)\n    def __init__(self):\n"
                     "        self.check = lambda: False\ndef test_a():\n    box = Box()\n    run(box)\n"
                     "    assert box.check()")),
        ("class Put:\n    def assert_called_with(self, n): pass\ndef save(store): store.put = Put()",
         pytest_file("from unittest.mock import Mock\nfrom solution import save\ndef test_a():\n    store = Mock()\n"
                     "    save(store)\n    store.put.assert_called_with(7)")),
        ("class Db:\n    def __enter__(self): return self\n    def __exit__(self, *error): raise ValueError\n"
         "    def get(self, key): return None",
         pytest_file("import pytest\nfrom solution import Db\ndef test_a():\n    db = Db()\n"
                     "    with pytest.raises(ValueError), db:\n        assert db.get('a') == 1\n")),
        (SUBTRACTS, asserts("assert abs(RMS([1, 2]) - 1.58113883) < 1e-6")[0]),
        (SUBTRACTS, asserts("assert RMS('abcde').startswith('ac')")[0]),
        ("class Same:\n    def __new__(cls, *args): return ONE\n    def __add__(self, other): return self\n"
         "ONE = object.__new__(Same)", asserts("assert Same(1, 2) + Same(1, 3) == Same(5, 6)")[0]),
        ("class Same:\n    def __new__(cls, *args): return ONE\nONE = object.__new__(Same)",
         asserts("assert [Same(1)] == [Same(2)]")[0]),
        (LISTS_THAT_CHANGE, asserts("r = changing()\nassert len(r) == 2\nassert r[0] == 2 and r[1] == 2")[0]),
        ("class L(list): pass\nclass Report:\n    seen = 0\n    @property\n    def data(self):\n"
         "        self.seen += 1\n        return L([1, 2] if self.seen > 1 else [0, 0, 0])\n"
         "def report(): return Report()",
         asserts("r = report()\nassert len(r.data) == 3 and r.data[1] == 2")[0]),
    ],
)  # fmt: skip
def test_a_pass_that_the_program_has_a_say_in_is_weak(judge: Judge, program: str, row: dict) -> None:
    verdict = run(judge, program, row)
    assert verdict.weak or not verdict.passed, verdict.tests


BANK = """
import random

class Broke(Exception):
    limit = 3
    def __init__(self, need, have=0):
        super().__init__(f"{need - have} short")
        self.need, self.have = need, have
    @property
    def short(self): return self.need - self.have
    def advice(self, name): return f"{name}, save {self.short}"

def pay(need, have): raise Broke(need, have) from ValueError("no")

def calculate(a, b, operation="add", function=None):
    return function(a, b) if function else a + b if operation == "add" else a - b

def fee(): return 2

def total(n): return n + fee()

def names(store):
    store.log.info("asked")
    return [row["name"].upper() for row in store.query("users", limit=2)]

def configure(store): store.limit = 5

def describe(error): return f"{type(error).__name__}: {error}"

def lines():
    yield "a"

class Words:
    def __init__(self): self.held = []
    def __enter__(self): return self
    def __exit__(self, *error): return False
    def insert(self, word):
        self.held.append(word)
        return self
    def count(self, word): return self.held.count(word)
    def __round__(self, digits=0): return digits
    @staticmethod
    def capitalize(word): return word.capitalize()

class Missing(Exception):
    def __init__(self, key): super().__init__(f"{key} is missing")

def told(callback):
    try:
        callback()
    except Missing as error:
        return str(error)

class Celsius(float): pass

def warm(): return Celsius(21.25)

class Guard:
    def __init__(self, kind): self.kind = kind
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): return kind is not None and issubclass(kind, self.kind)
"""
BANK_TESTS = """
import types
from unittest.mock import Mock, patch
import pytest
import solution
from solution import Broke, Guard, Missing, Words, calculate, configure, describe, lines, names, pay, told, total, warm

def test_what_an_exception_of_the_programs_has():
    with pytest.raises(Broke, match="3 short") as caught:
        pay(5, have=2)
    assert caught.value.short == 3 and caught.value.advice("Ann") == "Ann, save 3"
    assert isinstance(caught.value.__cause__, ValueError)

def test_makes_an_exception_of_the_programs():
    assert str(Broke(5)) == "5 short" and Broke(5, have=1).short == 4

def test_keywords_of_any_name():
    assert calculate(3, 1, operation="sub") == 2 and calculate(3, 2, function=pow) == 9

def test_replaces_a_helper(monkeypatch):
    monkeypatch.setattr(solution, "fee", lambda: 10)
    assert total(1) == 11

def test_the_helper_is_back():
    assert total(1) == 3
    with patch("solution.fee", return_value=0):
        assert total(1) == 1

def test_hands_over_a_mock():
    store = Mock()
    store.query.return_value = [{"name": "ann"}]
    assert names(store) == ["ANN"]
    store.query.assert_called_once_with("users", limit=2)
    store.log.info.assert_called_once()

def test_hands_over_an_exception():
    assert describe(KeyError("k")) == "KeyError: 'k'"

def test_names_of_built_in_methods():
    with Words().insert("a") as words:
        words.insert("b").insert("b")
        assert Words().count("b") == 0 and Words.capitalize("b") == "B"
    assert round(Words(), 2) == 2

def test_a_callback_raises_the_programs_exception():
    def callback(): raise Missing("x")
    assert told(callback) == "x is missing"

def test_what_a_float_can():
    assert round(warm(), 1) == 21.2 and f"{warm():.1f}" == "21.2" and abs(warm()) == 21.25

def test_replaces_a_module(monkeypatch):
    class Fake:
        def randint(self, low, high): return 4
    monkeypatch.setattr(solution, "random", Fake())
    assert solution.random.randint(1, 6) == 4

def test_the_module_is_back():
    assert 1 <= solution.random.randint(1, 6) <= 6

def test_sets_what_a_mock_holds():
    store = Mock(limit=None)
    configure(store)
    assert store.limit == 5

def test_a_generator_is_one():
    assert isinstance(lines(), types.GeneratorType)

def test_swallows_what_it_is_for():
    with Guard(KeyError):
        {}["missing"]
    with pytest.raises(IndexError), Guard(KeyError):
        [][0]
"""


def test_exceptions_mocks_and_replaced_helpers(judge: Judge) -> None:
    verdict = run(judge, BANK, pytest_file(BANK_TESTS))
    assert verdict.passed, verdict.tests
    assert [test.name for test in verdict.tests if test.weak] == [
        "test_names_of_built_in_methods",  # `Words.capitalize("b")`: what plays a text answers
        "test_swallows_what_it_is_for",
    ]


SETS_A_LIMIT = """
class Config: limit = 0
def f():
    input.__self__.ask("setattr", Config.number, ("limit", 7), {})
"""


def test_a_program_does_not_change_a_class_of_the_test(judge: Judge) -> None:
    code = "import solution\nclass Mine: limit = 5\ndef test_a(monkeypatch):\n"
    code += "    monkeypatch.setattr(solution, 'Config', Mine)\n    solution.f()"
    assert "not the program's to change" in run(judge, SETS_A_LIMIT, pytest_file(code)).tests[0].message


def test_a_program_does_not_change_what_a_mock_has_seen(judge: Judge) -> None:
    test = ("from unittest.mock import Mock\nfrom solution import save\ndef test_a():\n    store = Mock()\n"
            "    save(store)\n    assert store.put.call_count == 2\n    store.put.assert_called_with(7)")  # fmt: skip
    assert run(judge, "def save(store):\n    store.put(1)\n    store.put(7)", pytest_file(test)).passed
    forged = "def save(store):\n    store.put.call_count = 2\n    store.put.assert_called_with = lambda n: None"
    assert not run(judge, forged, pytest_file(test)).passed


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
    file = "from typing import *\nfrom solution import *\ndef test_a(): assert area(1) == 3"
    verdict = run(judge, "def area(r): return 3 * r * r", pytest_file(file))
    assert verdict.passed and not verdict.weak


def test_what_the_program_may_have_out_of_a_library_makes_a_verdict_weak(judge: Judge) -> None:
    file = pytest_file("from solution import *\ndef test_a(): assert clone([1]) == copy([1])")
    assert run(judge, "from copy import copy\ndef clone(x): return [*x]", file).weak
    assert run(judge, "def copy(x): return 0\ndef clone(x): return 0", file).weak
    file = pytest_file("from solution import *\ndef test_a(): assert parse('2026') == datetime(2026, 1, 1)")
    assert not run(judge, "def datetime(*day): return 0\ndef parse(text): return 0", file).passed


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


@pytest.mark.parametrize(
    "program",
    [
        "sys.stdout.reconfigure(encoding='utf-8')\nsys.stdin.reconfigure(encoding='utf-8')\nprint(input())",
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nprint(input())",
        "sys.stderr = io.TextIOWrapper(sys.stderr.buffer)\nout = open(1, 'w')\nprint(input(), file=out)",
        "old = sys.stdout\nsys.stdout = codecs.getwriter('utf-8')(old.detach())\nprint(input())",
        "sys.stdout.buffer.write(sys.stdin.buffer.read())",
    ],
)
def test_a_script_may_wrap_its_streams_once_more(judge: Judge, program: str) -> None:
    verdict = run(judge, f"import codecs, io, sys\n{program}", {"kind": "stdio", "stdin": "é 1\n", "stdout": "é 1"})
    assert verdict.passed, verdict.tests


def test_at_the_end_of_a_script_its_streams_are_flushed_in_the_interpreters_order(judge: Judge) -> None:
    row = {"kind": "stdio", "stdin": "", "stdout": "1 2"}
    tee = "class Tee:\n    def write(self, text): old.write(text)\n    def flush(self): old.flush()\n"
    bad = "class Bad(io.StringIO):\n    def flush(self): raise RuntimeError\nbad = Bad()\n"
    for program in (
        "out = open(1, 'w')\nprint(2, file=out)\nprint(1)",
        "print(1, 2)\nsys.stdout = io.StringIO()\nprint(3)",
        f"old = sys.stdout\n{tee}sys.stdout = Tee()\nprint(1, 2)",
        f"{bad}print(1, 2)",
    ):
        verdict = run(judge, f"import io, sys\n{program}", row)
        assert verdict.passed, (program, verdict.tests)


def test_a_tested_program_may_reconfigure_its_streams(judge: Judge) -> None:
    program = (
        "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr): s.reconfigure(encoding='utf-8')\ndef f(): return 1"
    )
    code = "from solution import f\ndef test_a(): assert f() == 1"
    verdict = run(judge, program, *asserts("assert f() == 1"), pytest_file(code))
    assert verdict.passed and not verdict.weak, verdict.tests


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


def test_a_bare_assert_that_is_run_as_it_stands_says_what_it_got(judge: Judge) -> None:
    program = "def f(x): return [x, 2]"
    codes = ["for n in range(2):\n    assert f(n) == [0, 2]", "got = f(1)\nassert got[1:] == [3], 'too few'"]
    found = [result.message for result in run(judge, program, *asserts(*codes)).tests]
    assert found == ["assert f(n) == [0, 2]: got [1, 2]", "assert got[1:] == [3], 'too few': too few"]


def test_a_sum_of_many_parts_is_run_as_it_stands(judge: Judge) -> None:
    total = " + ".join(["0"] * 900)
    check = f"def check(f):\n    for n in range(2):\n        total = n + {total}\n        assert f(n) == total"
    assert judge.run("def f(n): return n", [Test("check", code=check, entry="f")]).passed


def test_an_answer_that_is_given_twice_is_no_doubt_where_asserts_say_what_they_got(judge: Judge) -> None:
    code = "class Own: pass\nassert f(1) == [1]\nassert f(2) == [1, 2]"
    check = "class Own: pass\ndef check(f):\n    assert f(1) == [1]\n    assert f(2) == [1, 2]"
    program = "seen = []\ndef f(x):\n    seen.append(x)\n    return seen"
    verdicts = [
        judge.run(program, [test]) for test in (Test("assert", code=code), Test("check", code=check, entry="f"))
    ]
    assert all(verdict.passed and not verdict.weak for verdict in verdicts), verdicts


def test_a_check_may_be_of_a_class(judge: Judge) -> None:
    code = "def check(candidate):\n    bag = candidate()\n    bag.add(2)\n    assert bag.count(2) == 1"
    program = "class Bag:\n    def __init__(self): self.held = []\n    def add(self, x): self.held.append(x)\n"
    program += "    def count(self, x): return self.held.count(x)"
    verdict = judge.run(program, [Test("check", code=code, entry="Bag")])
    assert verdict.passed and not verdict.weak, verdict.tests
    assert not judge.run(program.replace("append(x)", "append(1)"), [Test("check", code=code, entry="Bag")]).passed


def test_a_failed_assert_says_where_the_two_differ(judge: Judge) -> None:
    code = "from solution import f\ndef test_a(): assert f(1) == 1 and f([1, 2]) == [1, 3]"
    (result,) = judge.run("def f(x): return x", [Test("pytest", code=code)]).tests
    assert "assert (1 == 1 and [1, 2] == [1, 3]" in result.message and "At index 1 diff: 2 != 3" in result.message


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
            {"kind": "call", "entry": "f", "args": [nested(400)], "expected": 1},
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


@pytest.mark.parametrize("fd", [1, 2])
def test_a_source_that_includes_what_the_compiler_writes_is_not_waited_for(judge: Judge, fd: int) -> None:
    start = time.monotonic()
    judge.run(f'#include "/dev/fd/{fd}"\n{CPP}', [Test("stdio", stdin="3 4", stdout="7")], language="c++")
    assert time.monotonic() - start < 30


def test_evaluate_returns_typed_values_and_errors(judge: Judge) -> None:
    program = "def f(x): return (x, {x})\ndef g(): raise ValueError('no')"
    value, error, missing = judge.evaluate(program, [("f", [1], {}), ("g", [], {}), ("h", [], {})])
    assert value.value == (1, {1}) and value.outcome == "returned"
    assert error.outcome == "raised" and error.error == "ValueError: no"
    assert missing.outcome == "raised" and "h" in missing.error


def test_evaluate_takes_so_many_megabytes_of_answers_and_no_more(judge: Judge) -> None:
    results = judge.evaluate("def f(): return 'x' * 3_900_000", [("f", [], {})] * 12)
    assert {result.outcome for result in results[:8]} == {"returned"}
    assert {result.outcome for result in results[9:]} == {"output_limit"}


def test_evaluate_answers_whatever_room_its_callers_stack_has(judge: Judge) -> None:
    deep = "def f():\n    value = 1\n    for _ in range(290): value = {1: value}\n    return value"

    def call(frames: int) -> str:
        return call(frames - 1) if frames else judge.evaluate(deep, [("f", [], {})])[0].outcome

    assert (call(0), call(500)) == ("returned", "error")


def test_of_large_binaries_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Compiler, "_compile", lambda *args: "x" * (40 << 20))
    compiler = Compiler(slot=None)  # type: ignore[arg-type]
    for source in ("a", "b", "b"):
        compiler.compile("g++", source, Limits())
    assert len(compiler.kept) == 1


LINES = "def lines(path):\n    return path.read_text().splitlines()\ndef _count(path):\n    return len(lines(path))"
TESTS_OF_LINES = """
import inspect
import pytest
import solution
from solution import lines

@pytest.fixture
def test_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("x\\ny")
    return path

class TestLines:
    def test_two(self, test_file):
        assert lines(test_file) == ["x", "y"]

class TestCount:
    class TestInside:
        def test_two(self, test_file):
            assert solution._count(test_file) == 2

class Fake:
    def test_connection(self):
        return 5

def test_source():
    assert inspect.getsource(lines).startswith("def lines") == True

def test_others():
    assert Fake().test_connection() == 5
    with pytest.raises(AssertionError):
        assert Fake().test_connection() == 6

@pytest.mark.parametrize("text", ["a::b", "c"])
def test_joined(text, tmp_path):
    (tmp_path / "a").write_text(text)
    assert lines(tmp_path / "a") == [text]
    if not text:
        assert text == "never"
"""


def test_a_file_that_shares_the_process_may_have_any_form(judge: Judge) -> None:
    verdict = run(judge, LINES, pytest_file(TESTS_OF_LINES))
    assert verdict.passed and verdict.weak, verdict.tests
    assert len(verdict.tests) == 5
    split_at_colons = "def lines(path):\n    return path.read_text().replace('::', '\\n').splitlines()"
    wrong = run(judge, LINES.replace(LINES.split("\ndef _")[0], split_at_colons), pytest_file(TESTS_OF_LINES))
    assert [test.name for test in wrong.tests if test.outcome != "passed"] == ["test_joined"]


OF_ALL_SORTS = """
import functools, random, sys
import numpy as np

class Row:
    def __init__(self, *items): self.items = list(items)
    def __getitem__(self, place): return self.items[place]
    def __iadd__(self, item):
        self.items.append(item)
        return self

class Signal:
    def __init__(self): self.listeners = []
    def on(self, listener): self.listeners.append(listener)
    def off(self, listener): self.listeners.remove(listener)
    def send(self, value): return [listener(value) for listener in self.listeners]

class Failed(Exception):
    pass

class Graph:
    def __init__(self, **edges): self.edges = edges
    def nodes(self): return self.edges.keys()

def once(function):
    @functools.wraps(function)
    def run(*args):
        run.calls += 1
        return function(*args)
    run.calls = 0
    return run

def draw(): return random.random(), np.random.rand()
def complain(text): print(text, file=sys.stderr)
def tried(function):
    try:
        return "done", function()
    except Exception as error:
        return "failed", error
def fail(): raise Failed("no luck")
def upper(source, target):
    for line in source:
        target.write(line.upper())
def within(manager):
    with manager as value:
        return [item + value for item in manager]
"""
TESTS_OF_ALL_SORTS = """
import io
import random
import numpy as np
from solution import Failed, Graph, Row, Signal, complain, draw, fail, once, tried, upper, within

def test_slices_and_operators_in_place():
    row = same = Row(1, 2)
    row += 3
    assert row is same and row[1:] == [2, 3] and row.__class__.__name__ == "Row"

def test_a_function_stays_the_same():
    signal, listener = Signal(), lambda value: value + 1
    signal.on(listener)
    assert signal.send(1) == [2]
    signal.off(listener)
    assert signal.send(1) == []

class Shop:
    @once
    def price(self, item):
        '''What it costs.'''
        return len(item)

def test_a_method_behind_a_decorator():
    assert Shop().price("abc") == 3 and Shop.price.__doc__ == "What it costs." and Shop.price.__name__ == "price"

def test_seeds():
    random.seed(7)
    np.random.seed(7)
    first = draw()
    random.seed(7)
    np.random.seed(7)
    assert draw() == first

def test_standard_error(capsys):
    complain("too late")
    assert capsys.readouterr().err == "too late\\n"

def test_exceptions_as_values():
    word, error = tried(fail)
    assert word == "failed" and isinstance(error, Failed) and str(error) == "no luck"

def test_streams():
    target = io.StringIO()
    upper(io.StringIO("a\\nb"), target)
    assert target.getvalue() == "A\\nB"

class Bag:
    def __enter__(self): return 10
    def __exit__(self, *error): self.left = error == (None, None, None)
    def __iter__(self): return iter([1, 2])
    def __call__(self): return 3

def test_objects_of_the_test():
    bag = Bag()
    assert within(bag) == [11, 12] and bag.left and tried(bag) == ("done", 3)

def test_views():
    nodes = Graph(a=1, b=2).nodes()
    assert "a" in nodes and sorted(nodes) == ["a", "b"] and nodes == {"a", "b"}
"""


def test_tests_of_all_sorts(judge: Judge) -> None:
    verdict = run(judge, OF_ALL_SORTS, pytest_file(TESTS_OF_ALL_SORTS))
    assert verdict.passed and not verdict.weak, verdict.tests


@pytest.mark.parametrize(
    ("right", "wrong", "test"),
    [
        ("return self.items[place]", "return self.items", "test_slices_and_operators_in_place"),
        ("self.listeners.remove(listener)", "pass", "test_a_function_stays_the_same"),
        ("return function(*args)", "return 4", "test_a_method_behind_a_decorator"),
        ("return random.random(), ", "return random.SystemRandom().random(), ", "test_seeds"),
        ("file=sys.stderr", "file=sys.stdout", "test_standard_error"),
        ('"failed", error', '"failed", ValueError("no luck")', "test_exceptions_as_values"),
        ("line.upper()", "line", "test_streams"),
        ("return [item + value", "return [value", "test_objects_of_the_test"),
        ("return self.edges.keys()", "return {}.keys()", "test_views"),
    ],
)
def test_of_all_sorts_a_wrong_one_fails(judge: Judge, right: str, wrong: str, test: str) -> None:
    assert right in OF_ALL_SORTS
    verdict = run(judge, OF_ALL_SORTS.replace(right, wrong), pytest_file(TESTS_OF_ALL_SORTS))
    assert [result.name for result in verdict.tests if result.outcome != "passed"] == [test], verdict


TREE = """
PRICES = {"tea": 2}
class Node:
    def __init__(self, value):
        self.value, self.children = value, []
    def depth(self): return 1 + max((child.depth() for child in self.children), default=0)
    def leaves(self): return [child for child in self.children if not child.children]
def price(name): return PRICES[name]
"""
TESTS_OF_TREE = """
import solution
from solution import Node, price

def test_children():
    root, child = Node(1), Node(2)
    child.children += [Node(3)]
    root.children.append(child)
    assert root.depth() == 3

def test_a_copy_is_a_copy():
    root = Node(1)
    root.children.append(Node(2))
    root.leaves().clear()
    assert len(root.leaves()) == 1

def test_a_dict_of_the_module(monkeypatch):
    monkeypatch.setitem(solution.PRICES, "tea", 3)
    assert price("tea") == 3
"""


def test_what_a_test_changes_in_a_list_of_the_programs_is_changed_there(judge: Judge) -> None:
    verdict = run(judge, TREE, pytest_file(TESTS_OF_TREE))
    assert verdict.passed and not verdict.weak, verdict.tests
    shares_its_list = TREE.replace("[child for child in self.children if not child.children]", "self.children")
    verdict = run(judge, shares_its_list, pytest_file(TESTS_OF_TREE))
    assert [test.name for test in verdict.tests if test.outcome != "passed"] == ["test_a_copy_is_a_copy"]


def test_what_a_class_of_exceptions_and_a_generator_hold(judge: Judge) -> None:
    program = (
        "__version__ = '1.2'\nclass Missing(Exception):\n    code = 404\n    @classmethod\n"
        "    def of(cls, name): return cls(f'no {name}')\ndef squares():\n    n = 0\n    while True:\n"
        "        yield n * n\n        n += 1"
    )
    file = (
        "import solution\nfrom solution import Missing, squares\ndef test_a():\n    assert 16 in squares()\n"
        "    assert Missing.code == 404 and str(Missing.of('x')) == 'no x' and solution.__version__ == '1.2'"
    )
    verdict = run(judge, program, pytest_file(file))
    assert verdict.passed and not verdict.weak, verdict.tests
    assert not run(judge, program.replace("404", "400"), pytest_file(file)).passed
    assert not run(judge, program.replace("while True", "for _ in range(4)"), pytest_file(file)).passed
