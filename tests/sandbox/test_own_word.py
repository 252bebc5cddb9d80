"""Wrong programs whose objects answer for themselves: if such a one passes, then as weak, and an honest one is not."""

from __future__ import annotations

import pytest

from sandbox import Judge, Test

SORTS = """
from solution import ordered
def test_a():
    found = ordered([5, 3, 9, 1])
    assert len(found) == 4
    assert all(found[i] <= found[i + 1] for i in range(3))
    assert set(found) == {1, 3, 5, 9}
"""
LIES = """
class {name}({base}):
    def __init__(self, numbers=()): self.numbers = numbers
    def ordered(self, numbers): return {name}(numbers)
    def __len__(self): return len(self.numbers)
    def __getitem__(self, place): return place
    def __iter__(self): return iter(self.numbers)
"""
GREETS = "from solution import greet\ndef test_a():\n    assert greet('Ann').startswith('Hello, Ann')"
PLAYS = "class E(Exception):\n    def startswith(self, x): return True\n    startswith = {how}(startswith)\n"
METHOD = SORTS.replace("import ordered", "import Sorter").replace("ordered(", "Sorter().ordered(")
ATTRIBUTE = SORTS.replace("set(found)", "set(found.items)").replace("len(found)", "len(found.items)").replace(
    "found[i", "found.items[i")  # fmt: skip
COLOURS = """
from solution import colouring
def test_a():
    found = colouring(4, [(0, 1), (1, 2), (2, 3)])
    assert all(found[a] != found[b] for a, b in [(0, 1), (1, 2), (2, 3)])
    assert len(set(found.values())) <= 2
"""
NODES = """
from solution import Node, ordered
def values(node):
    found = []
    while node is not None:
        found.append(node.value)
        node = node.next
    return found
def test_a():
    node = ordered([2, 1])
    assert values(node) == sorted(values(node)) and sorted(values(node)) == [1, 2]
"""
VECTORS = """
from solution import Vector, unit
def test_a():
    assert {expression} < 1e-9
"""
TOKENS = """
from solution import Token, tokenize
def test_a():
    expected = [Token("number", "1"), Token("plus", "+")]
    assert tokenize("1+") == expected
"""
STATES = """
from solution import Machine, State
def test_a():
    machine = Machine()
    assert machine.state is State.IDLE
    machine.start()
    assert machine.state is State.RUNNING
"""
MEAN = "import numpy as np\nfrom solution import f\ndef test_a(): assert np.allclose(f()['mean'], 2.0)"
POINTS = "from solution import Point, f\ndef test_a(): assert f(3) == Point(1, 2) and f(4) == Point(5, 6)"
SIZES = "from solution import Size, f\ndef test_a(): assert f(1) == Size.SMALL and f(900) == Size.LARGE"
SIZES_OF_MODULE = "from solution import f, SMALL, LARGE\ndef test_a(): assert f(1) == SMALL and f(900) == LARGE"
CHECKED = "from solution import *\ndef check(got, want): assert same(got, want)\ndef test_a(): check(f(2), 4)"
AREA = "from solution import *\ndef test_a(): assert area(2) == 4 * pi"
LAZY = "import types\nfrom solution import f\ndef test_a(): assert isinstance(f(3), types.GeneratorType)"
ROWS = "import numpy as np\nfrom solution import f\ndef test_a(): assert np.allclose(f(3)[0], 5.0)"


@pytest.mark.parametrize(
    ("program", "test"),
    [
        (LIES.format(name="Sorter", base="list"), METHOD),
        (LIES.format(name="Sorter", base="object"), METHOD),
        (
            LIES.format(name="Items", base="object")
            + "class R:\n    def __init__(self, n): self.n = n\n    items = property(lambda self: Items(self.n))\n"
            "def ordered(numbers): return R(numbers)",
            ATTRIBUTE,
        ),
        (PLAYS.format(how="") + "def greet(name): return E()", GREETS),
        (PLAYS.format(how="classmethod") + "def greet(name): return E", GREETS),
        ("def greet(name):\n    e = ValueError()\n    e.startswith = lambda x: True\n    return e", GREETS),
        (
            "class D(dict):\n    def values(self): return [0]\n"
            "def colouring(n, edges): return D({i: i for i in range(n)})",
            COLOURS,
        ),
        (
            "READ = []\nclass Node:\n    def __init__(self, value, next=None): self._value, self.next = value, next\n"
            "    @property\n    def value(self): READ.append(1); return 0 if len(READ) <= 4 else self._value\n"
            "def ordered(numbers): return Node(numbers[0], Node(numbers[1]))",
            NODES,
        ),
        (
            "class Vector:\n    def __init__(self, x, y): pass\n    def __sub__(self, other): return Vector(0, 0)\n"
            "    def __abs__(self): return 0\ndef unit(v): return v",
            VECTORS.format(expression="abs(unit(Vector(3, 4)) - Vector(0.6, 0.8))"),
        ),
        (
            "class Vector:\n    def __init__(self, x, y): pass\n    def __sub__(self, other): return Vector(0, 0)\n"
            "    def length(self): return 0\ndef unit(v): return v",
            VECTORS.format(expression="(unit(Vector(3, 4)) - Vector(0.6, 0.8)).length()"),
        ),
        (
            "import numpy as np\ndef f(): return np.float16('inf')",
            "from solution import f\ndef test_a(): assert f() == 70000",
        ),
        (
            "import numpy as np\ndef f(): return np.array([3.14], 'float16')",
            "from solution import f\ndef test_a(): assert f()[0] == 3.1415926",
        ),
        (
            "import numpy as np\ndef f(): return np.array([(3.14,)], dtype=[('a', 'f2')])",
            "from solution import f\ndef test_a(): assert f()['a'][0] == 3.1415926",
        ),
        (
            "import numpy as np\ndef f(): return np.float32(123456790000)",
            "from solution import f\ndef test_a(): assert f() == 123456789012",
        ),
        (
            "import numpy as np\ndef f(): return np.dtype('f2')",
            "import numpy as np\nfrom solution import f\ndef test_a(): assert np.array([3.14], f())[0] == 3.1415926",
        ),
        (
            "import unittest.case\ndef f(x): raise unittest.case._ShouldStop",
            "import unittest\nfrom solution import f\nclass TestA(unittest.TestCase):\n"
            "    def test_a(self):\n        with self.subTest(i=1): self.assertEqual(f(1), 2)",
        ),
        (
            "MADE = []\nclass Token:\n    def __init__(self, *parts): MADE.append(self)\n"
            "def tokenize(text): return MADE.pop(0) and MADE[:] if not text else [MADE.pop(0) for _ in MADE[:]]",
            TOKENS,
        ),
        (
            "class State: IDLE = RUNNING = object.__new__(type('T', (), {}))\n"
            "class Machine:\n    state = State.IDLE\n    def start(self): pass",
            STATES,
        ),
        (
            "class Thing: pass\nOUT = []\nclass Meta(type):\n    def __getattr__(cls, name):\n"
            "        if name.isupper(): return OUT.pop() if OUT else Thing()\n        raise AttributeError(name)\n"
            "class State(metaclass=Meta): pass\nclass Machine:\n    @property\n    def state(self):\n"
            "        OUT.append(Thing())\n        return OUT[-1]\n    def start(self): pass",
            STATES,
        ),
        (
            "class Node: pass\nclass Tree:\n    def __init__(self, values): pass\n"
            "    def find(self, value): self.root = self.left = Node(); self.root.left = self.root; return self.root",
            "from solution import Tree\ndef test_a():\n    tree = Tree([2, 1, 3])\n"
            "    assert tree.find(1) is tree.root.left and tree.find(2) is tree.root",
        ),
        (
            "class Any(type):\n    def __subclasscheck__(cls, other): return True\n"
            "class Animal(metaclass=Any): pass\nclass Dog: pass",
            "from solution import Animal, Dog\ndef test_a(): assert issubclass(Dog, Animal)",
        ),
        ("from collections import deque\ndef f(): return {'mean': deque()}", MEAN),
        ("def f(): return {'mean': range(0)}", MEAN),
        ("from collections import UserList\ndef f(): return {'mean': UserList()}", MEAN),
        (
            "import numpy as np\ndef f(): return np.empty((0, 1))",
            "import numpy as np\nfrom solution import f\ndef test_a(): assert np.allclose(f(), [1, 2])",
        ),
    ],
)  # fmt: skip
def test_what_an_object_says_of_itself_is_no_proof(judge: Judge, program: str, test: str) -> None:
    verdict = judge.run(program, [Test("pytest", code=test)])
    assert not verdict.passed or verdict.weak, verdict.tests


@pytest.mark.parametrize(
    ("program", "test"),
    [
        ("class Sorter:\n    def ordered(self, numbers): return sorted(numbers)", METHOD),
        ("def greet(name): return f'Hello, {name}!'", GREETS),
        (
            "class S: pass\nclass State: IDLE, RUNNING = S(), S()\nclass Machine:\n    state = State.IDLE\n"
            "    def start(self): self.state = State.RUNNING",
            STATES,
        ),
        (
            "class Animal: pass\nclass Dog(Animal): pass",
            "from solution import Animal, Dog\ndef test_a(): assert issubclass(Dog, Animal)",
        ),
        ("def f(): return {'mean': [2.0, 2.0]}", MEAN),
        ("def colouring(n, edges): return {i: i % 2 for i in range(n)}", COLOURS),
        (
            "class Node:\n    def __init__(self, value, next=None): self.value, self.next = value, next\n"
            "def ordered(numbers): return Node(min(numbers), Node(max(numbers)))",
            NODES,
        ),
        (
            "import numpy as np\ndef f(): return np.array([3.5], 'float32')",
            "from solution import f\ndef test_a(): assert f()[0] == 3.5",
        ),
        (
            "def f():\n    yield from (1, 2)",
            "from solution import f\ndef test_a(): assert list(f()) == sorted(f()) == [1, 2]",
        ),
        (
            "from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int\n"
            "def f(n): return Point(1, 2) if n == 3 else Point(y=6, x=5)",
            POINTS,
        ),
        (
            "from enum import Enum\nclass Size(Enum): SMALL, LARGE = 1, 2\n"
            "def f(n): return Size.SMALL if n < 9 else Size.LARGE",
            SIZES.replace("==", "is"),
        ),
        (
            "from enum import Enum\nclass Size(Enum): SMALL, LARGE = 1, 2\ndef f(n): return 1 if n < 9 else 2",
            SIZES.replace("L and", "L.value and").replace("LARGE", "LARGE.value"),
        ),
        ("class Size: SMALL, LARGE = 1, 2\ndef f(n): return Size.SMALL if n < 9 else Size.LARGE", SIZES),
        ("SMALL, LARGE = 1, 2\ndef f(n): return SMALL if n < 9 else LARGE", SIZES_OF_MODULE),
        (
            "from enum import Enum\nclass Size(str, Enum): SMALL, LARGE = 'a', 'b'\n"
            "def f(n): return Size.SMALL if n < 9 else Size.LARGE",
            SIZES + " and f(1).value == Size.SMALL.value == 'a'",
        ),
        (
            "class Mock:\n    def __call__(self, x): self.x = x\n"
            "    def assert_called_with(self, x): assert self.x == x",
            "from solution import Mock\ndef test_a():\n    mock = Mock()\n    mock(3)\n    mock.assert_called_with(3)",
        ),
        ("def f(n): yield 5.0", ROWS.replace("f(3)[0]", "list(f(3))")),
        ("def f(n):\n    yield n", LAZY),
        ("import numpy as np\ndef f(n): return np.array([[5.0], [1.0, 2.0]], dtype=object)", ROWS),
    ],
)  # fmt: skip
def test_an_honest_program_passes_without_a_doubt(judge: Judge, program: str, test: str) -> None:
    verdict = judge.run(program, [Test("pytest", code=test)])
    assert verdict.passed and not verdict.weak, verdict.tests


FORGES = """
import itertools
def ordered(numbers):
    own = input.__self__
    own.copies.numbers = itertools.count(10 ** 6, 2)
    return [1, 1, 1, 1]
"""


def test_a_copy_that_the_program_passes_off_as_the_tests_is_refused(judge: Judge) -> None:
    verdict = judge.run(FORGES, [Test("pytest", code="from solution import ordered\ndef test_a(): ordered([1])")])
    assert "a copy of what has none" in verdict.tests[0].message


SORTS_AND_GOES_ON = """
from solution import ordered, other
def test_a():
    found = ordered([5, 3, 9, 1])
    assert len(found) == 4 and all(found[i] <= found[i + 1] for i in range(3))
    other()
    assert set(found) == {1, 3, 5, 9}
"""
HANDS_OVER_AGAIN = """
import sys
link = sys.modules["sandbox.inside.link"]
found = [1, 1, 1, 1]
def ordered(numbers): return found
def other():
    link.send({"ask": "call", "object": 0, "changed": [], "args": [["h", 1, ["L"]]], "kwargs": {}})
    link.receive()
    found[:] = [1, 3, 5, 9]
"""
BECOMES_A_TUPLE = """
import sys
class Numbers(list): pass
found = Numbers([1, 1, 1, 1])
def ordered(numbers): return found
def other():
    sys.modules["sandbox.inside.served"].plain_form = lambda value: ["T", 1, 3, 5, 9]
    return found
"""


GIVES_WHAT_IT_ANSWERED = """
class Thing: pass
OUT = []
class Meta(type):
    def __getattr__(cls, name):
        if name.isupper() and OUT: return OUT[-1]
        raise AttributeError(name)
class Size(metaclass=Meta): pass
def f(n):
    OUT.append(Thing())
    return OUT[-1]
"""
SIZE = "class Size:\n    def __init__(self, n=0): pass\n    def __eq__(self, other): return True\n    __hash__ = None\n"


@pytest.mark.parametrize(
    ("beginning", "size"),
    [
        ("from solution import Size, f", "Size"),
        ("from solution import Size as S, f", "S"),
        ("from solution import *", "Size"),
        ("import solution\nfrom solution import f", "solution.Size"),
    ],
)
@pytest.mark.parametrize("by", ["is", "=="])
def test_a_constant_that_is_what_was_answered_is_the_programs_word(
    judge: Judge, beginning: str, size: str, by: str
) -> None:
    code = f"{beginning}\ndef test_a():\n    assert f(1) {by} {size}.SMALL\n    assert f(900) {by} {size}.LARGE\n"
    honest = "from enum import Enum\nclass Size(Enum): SMALL, LARGE = 1, 2\n"
    honest += "def f(n): return Size.SMALL if n < 9 else Size.LARGE"
    verdict = judge.run(honest, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests
    numbers = GIVES_WHAT_IT_ANSWERED.replace("Thing()", "100 + n")
    for lies in (
        GIVES_WHAT_IT_ANSWERED,
        numbers,
        f"{SIZE}Size.SMALL, Size.LARGE = Size(), Size()\ndef f(n): return Size.SMALL",
    ):
        verdict = judge.run(lies, [Test("pytest", code=code)])
        assert verdict.weak or not verdict.passed, verdict.tests


LOOKED_AT_AS_ANOTHER = """
class Thing: pass
THINGS, OUT, SEEN = [Thing(), Thing()], [], []
class First: LARGE, SMALL = THINGS
class Meta(type):
    def __getattr__(cls, name):
        if name.isupper(): return OUT[-1]
        raise AttributeError(name)
class Then(metaclass=Meta): pass
def f(n):
    OUT.append(THINGS[len(OUT)])
    return OUT[-1]
__all__ = ["Size", "f"]
def __getattr__(name):
    if name != "Size": raise AttributeError(name)
    SEEN.append(name)
    return First if len(SEEN) <= LOOKS else Then
"""


@pytest.mark.parametrize("by", ["is", "=="])
def test_a_class_that_is_another_one_once_its_constants_were_looked_at_is_the_programs_word(
    judge: Judge, by: str
) -> None:
    code = "from solution import Size, f\ndef test_a():\n"
    code += f"    assert f(1) {by} Size.SMALL\n    assert f(900) {by} Size.LARGE\n"
    for looks in range(5):
        lies = LOOKED_AT_AS_ANOTHER.replace("LOOKS", str(looks))
        verdict = judge.run(lies, [Test("pytest", code=code)])
        assert verdict.weak or not verdict.passed, (looks, verdict.tests)


def test_a_constant_that_a_test_imports_where_it_needs_it_is_known_before(judge: Judge) -> None:
    code = "from solution import f\ndef test_a():\n"
    for number, name in ((1, "SMALL"), (900, "LARGE")):
        code += f"    found = f({number})\n    from solution import {name}\n    assert found == {name}\n"
    verdict = judge.run("SMALL, LARGE = 1, 2\ndef f(n): return 1 + (n > 9)", [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests
    lies = "OUT = []\ndef f(n):\n    OUT.append(n)\n    return n\n__all__ = ['f']\ndef __getattr__(name):\n"
    lies += "    if name.isupper() and OUT: return OUT[-1]\n    raise AttributeError(name)"
    verdict = judge.run(lies, [Test("pytest", code=code)])
    assert verdict.weak and verdict.passed, verdict.tests


@pytest.mark.parametrize(
    "test",
    [
        Test("assert", code="assert Size.LARGE == f(900) and f(1) == Size.SMALL"),
        Test(
            "pytest",
            code="import pytest\nfrom solution import Size, f\n"
            "@pytest.mark.parametrize('number, size', [(1, Size.SMALL), (900, Size.LARGE)])\n"
            "def test_a(number, size): assert f(number) == size and f(number).value == size.value",
        ),
    ],
)
def test_a_constant_that_is_named_before_the_answer_is_no_doubt(judge: Judge, test: Test) -> None:
    program = "from enum import Enum\nclass Size(Enum):\n    SMALL, MIDDLE, LARGE = 1, 2, 3\n"
    verdict = judge.run(program + "def f(x): return Size(1 if x < 10 else 3)", [test])
    assert verdict.passed and not verdict.weak, verdict.tests


def test_a_constant_that_the_test_does_not_name_makes_a_pass_weak(judge: Judge) -> None:
    code = (
        "from solution import Size, f\ndef test_a():\n    assert f(1) == Size.SMALL\n    assert f(900) == Size['LARGE']"
    )
    program = "class Meta(type):\n    def __getitem__(cls, name): return cls.SMALL\n"
    program += "class Size(metaclass=Meta): SMALL = object()\ndef f(n): return Size.SMALL"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.weak and verdict.passed, verdict.tests


def test_an_answer_that_is_a_constant_of_two_classes_makes_a_pass_weak(judge: Judge) -> None:
    code = "from solution import Op, Side, parse\n"
    code += "def test_a():\n    assert parse('+') == Op.PLUS\n    assert parse('(') == Side.LEFT\n"
    program = "THING = object()\nclass Op: PLUS = THING\nclass Side: LEFT = THING\ndef parse(text): return THING"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.weak and verdict.passed, verdict.tests


def test_a_class_that_makes_a_constant_of_everything_is_weak(judge: Judge) -> None:
    program = SIZE + "Size.SMALL = Size()\nSize.__new__ = lambda *args: Size.SMALL\nSize.__add__ = lambda a, b: a"
    code = "from solution import Size\ndef test_a(): assert Size(1) + Size(2) == Size(3) != 4 and Size.SMALL == Size(0)"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.weak or not verdict.passed, verdict.tests
    code = "from solution import Size\ndef test_a(): assert Size(1) + Size(2) == Size(3) and Size.SMALL == Size(0)"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.weak and verdict.passed, verdict.tests


CALLS_IT_A_VARIABLE = """
found = [1, 1, 1, 1]
def ordered(numbers): return found
def other(): found[:] = [1, 3, 5, 9]
"""


def test_an_answer_is_no_variable_because_the_program_has_it_as_one(judge: Judge) -> None:
    code = SORTS_AND_GOES_ON.replace("    other()", "    import solution\n    solution.found\n    other()")
    verdict = judge.run(CALLS_IT_A_VARIABLE, [Test("pytest", code=code)])
    assert verdict.weak and verdict.passed, verdict.tests


@pytest.mark.parametrize("program", [HANDS_OVER_AGAIN, BECOMES_A_TUPLE])
def test_an_answer_that_becomes_another_makes_a_pass_weak(judge: Judge, program: str) -> None:
    verdict = judge.run(program, [Test("pytest", code=SORTS_AND_GOES_ON)])
    assert verdict.weak and verdict.passed, verdict.tests


NUMPY_CLASS = "import numpy as np\nfrom solution import f\ndef test_a(): assert f(100_000) == 100_003"
EMPTY = "import numpy as np\nfrom solution import f\ndef test_a(): assert np.allclose(f(3), 9.0)"
ANYTHING = "from unittest.mock import ANY\nfrom solution import f, keep\ndef test_a(): assert keep(ANY) and f(3) == 9"
# Says of its list, from the nth time on, that it is no plain value, and is asked for the items itself.
FLIPS = """
import gc
class L(list):
    def __iter__(self): return iter([5, 3, 9, 1])
def ordered(numbers): return L([1, 1, 1, 1])
told = iter(range(100))
def plain(value): return ["L", 1, 1, 1, 1] if next(told) < 7 else None
for server in gc.get_objects():
    if type(server).__name__ == "Server": server.operations["plain"] = plain
"""
STORE = "from solution import f\ndef test_a():\n    assert f().get('valid') and f().pop('count') == 3"
PETS = "from solution import Dog, Cat, f\ndef test_a(): assert isinstance(f('dog'), Dog) and isinstance(f('cat'), Cat)"
TEMPLATE = """
from solution import T
WORD = "w"
class U:
    def __init__(self): pass
def test_a(): assert T.format(U()) == WORD
"""


@pytest.mark.parametrize(
    ("program", "test"),
    [
        ("import numpy as np\nf = np.float16", Test("pytest", code=NUMPY_CLASS)),
        ("import numpy as np\nf = np.ndarray", Test("pytest", code=EMPTY)),
        ("def f(x): return []", Test("pytest", code=EMPTY)),
        (
            "from types import SimpleNamespace\ndef greet(name): return SimpleNamespace(startswith=lambda text: True)",
            Test("pytest", code=GREETS),
        ),
        (
            "kept = []\ndef keep(x):\n    kept.append(x)\n    return True\ndef f(x): return kept[0]",
            Test("pytest", code=ANYTHING),
        ),
        (
            "class M(type):\n    def __instancecheck__(c, o): return True\nclass Dog(metaclass=M): pass\n"
            "class Cat(metaclass=M): pass\ndef f(name): return object()",
            Test("pytest", code=PETS),
        ),
        (FLIPS, Test("pytest", code=SORTS)),
        (
            "class A:\n    def get(self, key): return True\n    def pop(self, key): return 3\ndef f(): return A()",
            Test("pytest", code=STORE),
        ),
        ("T = '{0.__init__.__globals__[WORD]}'", Test("pytest", code=TEMPLATE)),
        *(
            ("def f(x): return 0\ndef same(*a, **b): return True\ndef gap(a, b): return 0", Test("assert", code=code))
            for code in (
                "assert same(f(2), 4)",
                "assert same(a=f(2), b=4)",
                "found = f(2)\nassert same(found, 4)",
                "found = f(2)\nhalf = found / 2\nassert same(half, 2)",
                "def found(): return f(2)\nassert same(found(), 4)",
                "assert gap(f(2), 4) < 1e-6",
                "assert all(same(a, b) for a, b in zip([f(1), f(2)], [1, 4]))",
                "assert same(list(map(f, [1, 2])), [1, 4])",
                "assert all(map(same, [f(1), f(2)], [1, 4]))",
                "assert all(map(lambda a, b: same(a, b), [f(1), f(2)], [1, 4]))",
                "got = []\nfor n in [1, 2]:\n    got.append(f(n))\nassert same(got, [1, 4])",
                "got = 0\ngot += f(2)\nassert same(got, 4)",
                "equal = same\nassert equal(f(2), 4)",
                "known = {'equal': same}\nassert known['equal'](f(2), 4)",
                "from functools import partial\nassert partial(same, f(2))(4)",
                "equal = lambda a, b: same(a, b)\nassert equal(f(2), 4)",
                "def check(got, want):\n    assert same(got, want)\ncheck(f(2), 4)",
                "def check(got, want):\n    assert same(got, want)\ncheck(want=4, got=f(2))",
                "match f(2):\n    case got:\n        assert same(got, 4)",
                "def answers():\n    yield f(2)\nfor got in answers():\n    assert same(got, 4)",
                "def run(g, n): return g(n)\nassert same(run(f, 2), 4)",
                "assert same(f, 2, 4)",
                "ok = same(f, 2, 4)\nassert ok",
                "ok = same(f, 2, 4)\nassert ok is True",
                "assert not gap(f, 2, 4) and f(2) is not None",
                "assert same(f, 2, 4) == 1",
                "assert all(same(f, n, 2 * n) for n in [1, 2])",
                "if not same(f, 2, 4):\n    raise AssertionError",
            )
        ),
        ("def f(x): return 0\ndef same(a, b): return True", Test("pytest", code=CHECKED)),
        ("pi = 0\ndef area(r): return 0", Test("assert", code="assert area(2) == 4 * pi")),
        ("pi = 0\ndef area(r): return 0", Test("pytest", code=AREA)),
        (
            "class A:\n    def equals(self, other): return True\ndef f(x): return A()",
            Test("assert", code="assert f(3).equals(9)"),
        ),
        *(
            (program, Test("assert", code="assert f(3).equals(9)"))
            for program in (
                "class A:\n    def equals(self, other): return 1\ndef f(x): return A()",
                "class B:\n    def __call__(self, other): return True\nclass A: equals = B()\ndef f(x): return A()",
                "from collections import namedtuple\nA = namedtuple('A', 'equals')\ndef f(x): return A(lambda x: True)",
                "class A(Exception):\n    def equals(self, other): return True\ndef f(x): return A()",
                "def f(x):\n    e = ValueError()\n    e.equals = lambda x: True\n    return e",
            )
        ),
        ("def Point(x, y): return 0\ndef f(x): return 0", Test("pytest", code=POINTS)),
        ("class Point:\n    def __new__(cls, *a): return 0\ndef f(x): return 0", Test("pytest", code=POINTS)),
        ("class Size: SMALL = LARGE = 0\ndef f(x): return 0", Test("pytest", code=SIZES)),
        (
            "class Meta(type):\n    def __getattr__(cls, name): return len(ASKED)\nclass Size(metaclass=Meta): pass\n"
            "ASKED = []\ndef f(x):\n    ASKED.append(x)\n    return len(ASKED)",
            Test("pytest", code=SIZES),
        ),
        (
            "class V: value = 0\nclass Size: SMALL, LARGE = V(), V()\ndef f(x): return 0",
            Test("pytest", code=SIZES.replace("L and", "L.value and").replace("LARGE", "LARGE.value")),
        ),
        ("SMALL = LARGE = 'x'\ndef f(x): return 'x'", Test("pytest", code=SIZES_OF_MODULE)),
        ("class N(int): pass\nclass Size: SMALL, LARGE = N(), N()\ndef f(x): return 0", Test("pytest", code=SIZES)),
        ("class N(int): pass\nSMALL, LARGE = N(), N()\ndef f(x): return 0", Test("pytest", code=SIZES_OF_MODULE)),
        ("SMALL, LARGE = 1, True\ndef f(x): return 1", Test("pytest", code=SIZES_OF_MODULE)),
        (
            "from decimal import Decimal\nSMALL, LARGE = Decimal(1), Decimal('1.0')\ndef f(x): return 1",
            Test("pytest", code=SIZES_OF_MODULE),
        ),
        (
            "def f(x):\n    global SMALL, LARGE\n    SMALL = LARGE = x\n    return x\nSMALL = LARGE = 0",
            Test("pytest", code="import solution\ndef test_a(): assert solution.f(1) == solution.SMALL"),
        ),
        ("class generator: pass\ndef f(x): return generator()", Test("pytest", code=LAZY)),
        *(
            (
                "class Deck:\n    def __len__(self): return 3\n    def __iter__(self): return iter([7])\n"
                "def f(): return Deck()",
                Test("pytest", code=f"from solution import Deck, f\ndef test_a():\n    {code}"),
            )
            for code in (
                "found = f()\n    assert len(found) == 3 and list(found) == [7]",
                "found = f()\n    loop = iter(found)\n    assert len(found) == 3 and list(loop) == [7]",
                "found = f()\n    assert 7 in found and len(found) == 3",
            )
        ),
        (
            "class Square:\n    def __init__(self, x): pass\n    def __sub__(self, other): return self\n"
            "    def __abs__(self): return 0",
            Test("check", code="def check(candidate): assert abs(candidate(3) - 9) < 1e-6", entry="Square"),
        ),
        *(
            (
                "class Fixed(type):\n    limit = property(lambda cls: 3, lambda cls, value: None)\n"
                "class Config(metaclass=Fixed):\n    def clamp(self, x): return 3",
                Test(kind, code=code, entry="Config"),
            )
            for kind, code in (
                (
                    "check",
                    "def check(candidate):\n    candidate.limit = 5\n"
                    "    assert candidate().clamp(7) == candidate.limit",
                ),
                (
                    "pytest",
                    "from solution import Config\ndef test_a(monkeypatch):\n"
                    "    monkeypatch.setattr(Config, 'limit', 5)\n"
                    "    assert Config().clamp(7) == Config.limit",
                ),
            )
        ),
        (
            "import gc, types\nclass Fixed(types.ModuleType): limit = property(lambda it: 3, lambda it, value: None)\n"
            "def clamp(x): return 3\n"
            "for it in gc.get_objects():\n    if type(it) is types.ModuleType and it.__name__ == 'solution':\n"
            "        it.__class__ = Fixed",
            Test(
                "pytest",
                code="import solution\ndef test_a(monkeypatch):\n"
                "    monkeypatch.setattr('solution.limit', 5)\n    assert solution.clamp(7) == solution.limit",
            ),
        ),
        (
            "def f(): yield from [2, 1]",
            Test(
                "assert",
                code="found = f()\nassert sorted(found) == [1, 2] and all(a < b for a, b in zip(found, found))",
            ),
        ),
        *(
            (
                f"class E(Exception):\n    def __eq__(self, other): {says}\ndef f(x): return E(x)",
                Test("assert", code=code),
            )
            for says, code in (
                ("return True", "assert f(3) == E(4)"),
                ("return True", "assert [f(3)] == [E(4)]"),
                ("return self.args == other.args", "assert f(3) != E(4)"),
                ("return type(other) is E", "assert f(3) == E(4)"),
            )
        ),
        *(
            (
                "def f(x): return type(x)(lambda x: True)",
                Test(
                    "pytest",
                    code=f"from collections import namedtuple\nfrom solution import f\nP = namedtuple('P', '{name}')\n"
                    f"def test_a(): assert f(P(1)).{name}(9)",
                ),
            )
            for name in ("equals", "count")
        ),
        *(
            (
                "class A:\n    __class__ = property(lambda self: kind)\n    def __call__(self): pass\n"
                "def f(x):\n    global kind\n    from collections.abc import Mapping\n"
                "    kind = int if x else Mapping\n"
                "    return A()\nFIRST = f(1)\nSum = A",
                Test(
                    "pytest",
                    code=f"from collections.abc import Mapping\nfrom solution import FIRST, Sum, f\n"
                    f"def test_a(): assert {code}",
                ),
            )
            for code in (
                "isinstance(f(0), Mapping)",
                "callable(f(3))",
                "callable(FIRST)",
                "isinstance(f(3), int)",
                "isinstance(FIRST, int)",
                "isinstance(Sum(), int)",
            )
        ),
        *(
            (
                "class A:\n    def send(self, x): raise StopIteration\n"
                "def f(): return A()\ndef g(x): raise StopIteration",
                Test("assert", code=f"assert all(x == 9 for x in map({function}, [1, 2]))"),
            )
            for function in ("f().send", "g")
        ),
        (
            "class generator:\n    def send(self, x): return True\ndef f(): return generator()",
            Test("assert", code="assert f().send(9)"),
        ),
        *(
            (
                "def f(): return g\ndef g(): pass\nsizes = iter(range(9, 0, -1))\n"
                "input.__self__.operations['getattr'] = lambda it, name: next(sizes)",
                Test(
                    "pytest", code=f"from solution import f\ndef test_a():\n    it = {it}\n    assert it.size > it.size"
                ),
            )
            for it in ("f", "f()")
        ),
        *(
            (
                "class RMS:\n    def __init__(self, text): pass\n    def startswith(self, text): return True\n"
                "    def find(self, text): return 0\n    def removeprefix(self, text): return ''\n"
                "    def replace(self, old, new): return new\nclass A:\n    def encode(self): return 'x'\n"
                "def f(): return RMS(1)",
                Test("pytest", code=f"from solution import RMS, f\ndef test_a(): assert {code}"),
            )
            for code in (
                "RMS('ab').startswith('b')",
                "RMS('ab').find('b') == 0",
                "RMS('ab').removeprefix('ba') == ''",
                "RMS('ab').replace('ba', 'x') == 'x'",
                "f().replace('x', 'ab') == 'ab'",
            )
        ),
        *(
            (
                "class A:\n    def __contains__(self, it): return True\n    def __iter__(self): return self\n"
                "    def __next__(self): raise StopIteration\ndef f(): return A()",
                Test("pytest", code=f"from solution import A, f\ndef test_a():\n    it = {it}\n    assert {code}"),
            )
            for it, code in (("A()", "9 in iter(it)"), ("f()", "list(it) == [] and 9 in it"), ("iter(f())", "9 in it"))
        ),
        *(
            (
                "class E(Exception):\n    def __contains__(self, it): return True\n    __lt__ = __gt__ = __contains__\n"
                "    def __iter__(self): return iter(())\n    def __len__(self): return 0\n"
                "    def __getitem__(self, place): return [9][place]\ndef f(x): return E()",
                Test(
                    "pytest",
                    code=f"from solution import {names}\n{numpy}\ndef test_a():\n    found = f(3)\n    assert {code}",
                ),
            )
            for names in ("f", "E, f")
            for numpy, code in (
                ("", "9 in found"),
                ("", "found < 9"),
                ("", "9 < found"),
                ("from collections.abc import Iterable", "isinstance(found, Iterable)"),
                ("", "len(found) == 0 and found[0] == 9"),
                ("import numpy as np", "np.allclose(found, 9.0)"),
                ("import pytest", "found == pytest.approx([9.0])"),
            )
        ),
        (
            "class A:\n    def __radd__(self, other): return [1, 4]\ndef f(): return A()",
            Test("assert", code="found = [1]\nfound += f()\nassert found == [1, 4]"),
        ),
        ("import numpy as np\ndef f(x): return np.array([[], [1.0]], dtype=object)", Test("pytest", code=ROWS)),
        ("def f(x): return {()}", Test("pytest", code=ROWS.replace("f(3)[0]", "next(iter(f(3)))"))),
        ("def f(x): return {(): 1}.keys()", Test("pytest", code=ROWS.replace("f(3)[0]", "next(iter(f(3)))"))),
        ("def f(x): return []", Test("pytest", code=ROWS.replace("allclose(f(3)[0]", "array_equiv(f(3)"))),
        ("def f(x): return {}", Test("pytest", code=ROWS.replace("f(3)[0]", "list(f(3).values())"))),
        ("def f(x):\n    list(x)\n    return x", Test("pytest", code=ROWS.replace("f(3)[0]", "list(f(iter([1])))"))),
        ("def f(x): x.clear()", Test("pytest", code="rows = [1]\n" + ROWS.replace("f(3)[0]", "f(rows) or rows"))),
        (
            "class E(Exception):\n    def __init__(self): self.rows = []\ndef f(x): return E()",
            Test("pytest", code=ROWS.replace("f(3)[0]", "f(3).rows")),
        ),
        (
            "def f(x): return []",
            Test(
                "pytest",
                code="import numpy as np\nfrom solution import f\n"
                "def test_a(): assert len(np.where(np.array([5.0]) != f(3))[0]) == 0",
            ),
        ),
        ("def f(x): return set()", Test("pytest", code=ROWS.replace("f(3)[0]", "sorted(f(3))"))),
        ("def f(x): yield from ()", Test("pytest", code=ROWS.replace("f(3)[0]", "list(f(3))"))),
        (
            "class Fake:\n    def verify(self, number): pass\ndef f(x): x.store = Fake()",
            Test(
                "pytest",
                code="from solution import f\nclass Store:\n    numbers = []\n"
                "    def verify(self, number): assert number in self.numbers\nclass Owner:\n    store = Store()\n"
                "def test_a():\n    owner = Owner()\n    f(owner)\n    owner.store.verify(3)",
            ),
        ),
        (
            "def f(call): call(call.__defaults__[0])",
            Test(
                "assert",
                code="for want in (3, 4):\n    seen = []\n    f(lambda x, want=want: seen.append(x == want))\n"
                "    assert seen[0]",
            ),
        ),
        *(
            (
                "from collections import namedtuple\nclass Fake:\n    def assert_called_once_with(self, x=0): pass\n"
                "    called, assert_called = True, assert_called_once_with\n"
                "class Bus:\n    def __setattr__(self, name, value): pass\n    " + stands_for,
                Test(
                    "pytest",
                    code="from unittest.mock import Mock\nfrom solution import Bus\n"
                    f"def test_a():\n    bus = Bus()\n    bus.handler = Mock()\n    assert bus.handler.{check}",
                ),
            )
            for stands_for in (
                "handler = Fake()",
                "handler = namedtuple('T', 'called assert_called_once_with assert_called')(1, *[lambda x=0: None] * 2)",
            )
            for check in ("assert_called_once_with(3) is None", "assert_called() is None", "called")
        ),
        *(
            (
                f"class Fake:\n    def verify(self, number): pass\ndef f(x): {change}",
                Test(
                    "pytest",
                    code="from solution import f\nclass Store:\n    numbers = []\n"
                    "    def verify(self, number): assert number in self.numbers\n"
                    f"def test_a():\n    stores = {stores}\n    f(stores)\n    f(stores)\n    stores[0].verify(3)",
                ),
            )
            for change, stores in (
                ("x[0] = Fake()", "[Store(), 1]"),
                ("x.clear() if x else x.append(Fake())", "[Store()]"),
                ("x.update({0: Fake()})", "{0: Store()}"),
            )
        ),
        (
            "class Fake:\n    def verify(self, number): pass\nclass Bus:\n    store = Fake()\n"
            "    def __setattr__(self, name, value): pass",
            Test(
                "pytest",
                code="from solution import Bus\nclass Store:\n    numbers = []\n"
                "    def verify(self, number): assert number in self.numbers\n"
                "def test_a():\n    bus = Bus()\n    bus.store = Store()\n    bus.store.verify(3)",
            ),
        ),
        (
            "ROWS = [0]\ndef f(x): ROWS[:] = [x]; return ROWS\ndef g(): ROWS[:] = [7]",
            Test(
                "pytest",
                code="import solution\ndef test_a():\n    assert solution.ROWS == [0]\n    found = solution.f(5)\n"
                "    solution.g()\n    assert found == [7]",
            ),
        ),
        (
            "LAST = []\nclass Kind(type):\n    def __dir__(cls): return []\n    def __getattribute__(cls, name):\n"
            "        LAST.append(super().__getattribute__(name))\n        return LAST[-1]\n"
            "    __dict__ = property(lambda cls: {})\n"
            "class Light(metaclass=Kind):\n    red, green = 'r', 'g'\ndef after(number): return LAST[-1]",
            Test(
                "assert", code="want = Light.red\nassert after(1) == want\nwant = Light.green\nassert after(2) == want"
            ),
        ),
        ("def f(x): x([])", Test("pytest", code=ROWS.replace("f(3)[0]", "f(rows.append) or rows[0]") + "\nrows = []")),
    ],
)
def test_its_own_word_makes_a_pass_weak(judge: Judge, program: str, test: Test) -> None:
    verdict = judge.run(program, [test])
    assert verdict.weak or not verdict.passed, verdict.tests


RING = """
class Ring:
    def __init__(self, number): self.number = number % 2
    def plus(self, number): return Ring(self.number + number)
    def __eq__(self, other): {says}
"""
EQUALITIES = [
    "assert Ring(3).plus(5) == 0",
    "assert Ring(3).plus(5) == Ring(2)",
    "assert Ring(2) == Ring(3).plus(5)",
    "assert [Ring(3).plus(5)] == [0]",
    "assert Ring(3).plus(5) != 'a' and Ring(3).plus(5) != None and Ring(3) == 1 and Ring(3) != None",
]
KNOWS = "return (self.number - (other.number if isinstance(other, Ring) else other)) % 2 == 0"


@pytest.mark.parametrize("code", EQUALITIES)
def test_what_is_equal_to_everything_is_equal_to_nothing(judge: Judge, code: str) -> None:
    assert not judge.run(RING.format(says="return True"), [Test("assert", code=code)]).passed
    says = f"\n        try: {KNOWS}\n        except TypeError: return False"
    for _ in range(5):
        assert judge.run(RING.format(says=says), [Test("assert", code=code)]).passed


def test_whose_equality_fails_with_others_is_equal_to_its_like(judge: Judge) -> None:
    program = RING.format(says="return self.number == other.number")
    assert judge.run(program, [Test("assert", code=EQUALITIES[1])]).passed


def test_ordinary_answers_are_no_word_of_its_own(judge: Judge) -> None:
    pets = "class Dog: pass\nclass Cat: pass\ndef f(name): return Dog() if name == 'dog' else Cat()"
    assert not judge.run(pets, [Test("pytest", code=PETS)]).weak
    assert not judge.run("def f(x): return []", [Test("assert", code="assert f(3) == []")]).weak
    made = "class Box:\n    def __init__(self, n): self.n = n\ndef size(box): return box.n"
    assert not judge.run(made, [Test("assert", code="box = Box(3)\nassert size(box) == 3")]).weak


OPERATORS = """
from functools import total_ordering
@total_ordering
class Version:
    def __init__(self, *parts): self.parts = list(parts)
    def __eq__(self, other): return self.parts == other.parts
    def __lt__(self, other): return self.parts < other.parts
    def __contains__(self, part): return part in self.parts
    def __mul__(self, times): return Version(*(part * times for part in self.parts))
    __rmul__ = __mul__
    def __add__(self, part): return Version(*self.parts, part)
    def __sub__(self, part): return Version(*[one for one in self.parts if one not in getattr(part, "parts", [part])])
    def __rsub__(self, part): return self - part
    def __len__(self): return len(self.parts)
    def __neg__(self): return self
    __abs__ = __len__
def latest(): return Version(2, 0)
FIRST = Version(1)
"""


@pytest.mark.parametrize(
    ("code", "weak"),
    [
        ("assert 1 in Version(1, 2) and 3 not in Version(1, 2)", False),
        ("assert Version(1, 2) < Version(1, 3) and Version(1, 3) >= Version(1, 2)", False),
        ("b, a = Version(2), Version(1)\n    assert sorted([b, a]) == [a, b] and max(a, b) is b", False),
        ("assert (Version(1, 2) * 3).parts == (3 * Version(1, 2)).parts == [3, 6]", False),
        ("assert (Version(1) + 2).parts == [1, 2]", False),
        ("assert 2 in latest()", True),
        ("assert 1 in FIRST", True),
        ("assert FIRST < Version(2)", True),
        ("assert (FIRST * 2).parts == [2]", True),
        ("assert latest() > Version(1)", True),
        ("assert Version(1) < latest()", True),
        ("assert (latest() * 2).parts == [4, 0]", True),
        ("assert (Version(1, 2) - 2).parts == (3 - Version(2)).parts[:0] + [1]", False),
        ("assert (latest() - 0).parts == [2]", True),
        ("assert (Version(1, 2) - latest()).parts == [1]", True),
        ("assert abs(Version(1, 2) - 2) == 1", True),
        ("assert (-(Version(1, 2) - 2)).parts == [1]", True),
        ("assert len(Version(1, 2) - 2) == 1", True),
        ("assert not Version(2) - 2", True),
    ],
)  # fmt: skip
def test_operators_are_methods_of_what_the_test_made_itself(judge: Judge, code: str, weak: bool) -> None:
    code = f"from solution import FIRST, Version, latest\ndef test_a():\n    {code}"
    verdict = judge.run(OPERATORS, [Test("pytest", code=code)])
    assert verdict.passed and verdict.weak == weak, verdict.tests


@pytest.mark.parametrize(
    ("code", "weak"),
    [
        ("assert decode(encode('ab')) == 'ab'", False),
        ("assert 'ab' == decode(text=encode('ab'))", False),
        ("assert shift(shift('ab', 2), -2) == 'ab'", False),
        ("coded = encode('ab')\nassert decode(coded) == 'ab'", False),
        ("coded = encode('ab')\nboth = coded, 'ba'\nassert same(*both) and decode(coded) == 'ab'", True),
        ("coded = encode('ab'), 'ba'\nassert str(coded) and shift(coded[0], 0) == 'ba'", True),
        ("assert shift(encode('ab'), 0) == 'ba'", True),
        ("assert same(encode('ab'), 'ba') == True", True),
        ("assert decode(encode('ab'))", True),
        ("assert size(encode('ab')) == 1 + 1", True),
        ("assert same(encode('ab'), 'ba') == 1", True),
        ("assert apply(encode, 'ab') == 'ba'", False),
        ("got = apply(encode, 'ab')\nassert got and got == 'ba'", True),
        ("got = apply(encode, 'ab')\nassert got == 'b' + 'a'", False),
        ("def run(x): return encode(x)\nassert run('ab') == 'ba'", False),
        ("def run(f, x): return f(x)\nassert run(encode, 'ab') == run(decode, 'ab') == 'ba'", False),
        ("for f in [encode, decode]:\n    assert f('ab') == 'ba'", False),
        (
            "def a():\n    text = encode('ab')\ndef b():\n    text = 'ab'\n    assert encode(text) == 'ba'\na()\nb()",
            False,
        ),
        ("assert sorted(['abc', 'a'], key=size) == ['a', 'abc']", False),
    ],
)
def test_what_is_made_of_an_answer_alone_is_no_judgement(judge: Judge, code: str, weak: bool) -> None:
    program = "def encode(text): return text[::-1]\ndecode = encode\ndef size(text): return len(text)\n"
    program += "def apply(f, x): return f(x)\n"
    program += "def shift(text, by): return ''.join(chr(ord(one) + by) for one in text)\ndef same(a, b): return a == b"
    verdict = judge.run(program, [Test("assert", code=code)])
    assert verdict.passed and verdict.weak == weak, verdict.tests


def test_a_class_that_a_test_names_by_a_text_is_known(judge: Judge) -> None:
    program = (
        "class Bag:\n    def __init__(self): self.held = set()\n    def add(self, x): self.held.add(x); return True"
    )
    code = "import solution\ndef test_a():\n    bag = getattr(solution, 'Bag')()\n    assert bag.add(1) and bag.add(2)"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests


def test_a_read_only_view_of_a_dict_is_one(judge: Judge) -> None:
    code = "import types\nfrom solution import f\ndef test_a(): assert isinstance(f(1), types.MappingProxyType)"
    program = "import types\ndef f(x): return types.MappingProxyType({1: x})"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.passed and verdict.weak, verdict.tests
    assert not judge.run("def f(x): return {1: x}", [Test("pytest", code=code)]).passed


SAYS_ANOTHER = """
class A:
    def __init__(self): self.times = 0
    @property
    def value(self): self.times += 1; return self.times
    def __complex__(self): return 1j
    def __trunc__(self): return 1
    __floor__ = __ceil__ = __trunc__
def f(): return A()
"""


@pytest.mark.parametrize(
    "look",
    ["callable(found)", "isinstance(found, int)", "issubclass(A, int)", "complex(found)", "math.trunc(found)",
     "math.floor(found)", "math.ceil(found)"],
)  # fmt: skip
def test_an_answer_has_no_cause_to_change_by_being_looked_at(judge: Judge, look: str) -> None:
    code = "import math\nfrom solution import A, f\ndef test_a():\n    found = f()\n    assert found.value == 1\n"
    verdict = judge.run(SAYS_ANOTHER, [Test("pytest", code=code + f"    {look}\n    assert found.value == 2")])
    assert verdict.passed and verdict.weak, verdict.tests


NAMED_AS_PYTHONS = """
class type:
    kind = "mine"
    def __call__(self): return 3
class function:
    def __call__(self, *given): return len(given)
def f(): return type()
def around(method): return function()
"""


def test_a_class_named_as_one_of_pythons_is_the_programs(judge: Judge) -> None:
    callable_by_its_word = Test("pytest", code="from solution import f\ndef test_a(): assert callable(f())")
    verdict = judge.run(NAMED_AS_PYTHONS, [callable_by_its_word])
    assert verdict.passed and verdict.weak, verdict.tests
    code = "from solution import around, f\nclass Fake:\n    @around\n    def method(self): return 1\n"
    code += "def test_a(): assert Fake().method() == 0 and f().__class__.kind == 'mine'"
    assert judge.run(NAMED_AS_PYTHONS, [Test("pytest", code=code)]).passed


def test_what_a_method_makes_of_the_expected_value_is_its_word(judge: Judge) -> None:
    """Whether it is yes or no, or 0 where the test asks for a difference."""
    program = "class A:\n    def diff(self, other): return 0\n    def size(self): return 2\ndef f(): return A()"
    code = "from solution import f\ndef test_diff(): assert f().diff(9) == 0\ndef test_size(): assert f().size() == 2"
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert [(test.outcome, test.weak) for test in verdict.tests] == [("passed", True), ("passed", False)]
    assert [test.message for test in verdict.tests] == ["weak: what a method makes of arguments", ""]


ORDERED = """
import numpy as np
from numpy import array
from solution import f
A = np.array([3, 1, 2])
def test_a(): assert {}
"""


@pytest.mark.parametrize(
    ("answer", "code", "weak"),
    [
        ("False", "np.allclose(A[f(A)], np.sort(A))", True),
        ("np.array(False)", "np.allclose(A[f(A)], np.sort(A))", True),
        ("slice(0, 0)", "(A[f(A)] == 7).all()", True),
        ("[False] * 3", "np.all(A[f(A)] == 7)", True),
        ("(a < 0, 0)", "np.all(np.stack([A, A], 1)[f(A)] == 7)", True),
        ("a.argsort()", "np.allclose(A[f(A)], np.sort(A))", False),
        ("a < 3", "np.allclose(A[f(A)], [1, 2])", False),
        ("False", "f(A) == bool(np.all(A[A > 1] == 2))", False),
        ("np.arange(1000).reshape(-1, 1)", "f(A) in np.array([3])", True),
        ("np.arange(1000).reshape(-1, 1)", "f(A) in array([3])", True),
        ("list(range(9))", "np.any(f(A) == A[0])", True),
        ("max(a)", "f(A) in A and np.any(f(A) == A)", False),
        ("a == 3", "np.any(f(A)) and 3 in f(3 * A) + 3", False),
    ],
)
def test_an_index_of_nothing_and_many_answers_in_one_are_weak(judge: Judge, answer: str, code: str, weak: bool) -> None:
    program = f"import numpy as np\ndef f(a): return {answer}"
    verdict = judge.run(program, [Test("pytest", code=ORDERED.format(code))])
    assert verdict.passed and verdict.weak == weak, verdict.tests
