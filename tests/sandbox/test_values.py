"""Values that stay what they are on their way from the program to its test and back."""

from __future__ import annotations

import sys

import pytest

from sandbox import Judge, Test
from sandbox.inside.client import Client
from sandbox.wire import WireError

PROGRAM = """
import subprocess
from collections import UserDict, defaultdict, deque, namedtuple
from typing import NamedTuple

import numpy as np

Point = namedtuple("Point", "x y")
class Item(NamedTuple):
    name: str
    price: float = 1.0
class Table(UserDict): pass
class Person:
    species = "human"
    def __init__(self, name): self.name = name
class Bag:
    def __init__(self, items): self.items = items
    def __iter__(self): return iter(self.items)

def corner(): return Point(1, 2)
def item(): return Item("tea")
def is_point(value): return isinstance(value, Point)
def newest(n, items): return deque(items, maxlen=n)
def places(text):
    found = defaultdict(lambda: -1)
    for place, letter in enumerate(text): found[letter] = place
    return found
def tree():
    return defaultdict(tree)
def table(): return Table(a=1)
def person(): return Person("Ann")
def squares(n): return map(lambda i: i * i, range(n))
def count(n): yield from range(n)
def nothing(): return type(None)
def fails(how):
    if how == "library": raise subprocess.CalledProcessError(1, "cmd", output="out")
    if how == "file": open("/nowhere")
    if how == "key": raise KeyboardInterrupt
    if how == "noted":
        error = ValueError("no")
        error.add_note("see the manual")
        raise error
    try:
        int("x")
    except ValueError as error:
        if how == "hidden": raise KeyError("x") from None
        raise KeyError("x")
def solve(matrix): return np.linalg.eigh(np.array(matrix))
def day(): return np.datetime64("2020-01-02")
def zero(): return np.array(5)
def zeros(n, kind): return np.zeros(n, kind)
def records(): return np.array([("a", 1)], dtype=[("name", "U5"), ("count", "i4")])
"""
TESTS = """
import collections, itertools, types
import numpy as np
import pytest
from solution import *

def test_named_tuples():
    assert isinstance(corner(), Point) and type(corner()) == Point and corner() == (1, 2) == Point(1, 2)
    assert isinstance(item(), Item) and item()._replace(price=2.0) == Item("tea", 2.0)
    assert is_point(corner()) and is_point(Point(3, 4)) and not is_point((3, 4)) and not isinstance(item(), Point)

def test_a_bounded_deque():
    found = newest(3, range(5))
    assert found.maxlen == 3 and str(found) == "deque([2, 3, 4], maxlen=3)"
    found.appendleft(7)
    assert list(found) == [7, 2, 3]

def test_default_factories():
    assert places("ab")["z"] == -1 and places("ab") == {"a": 0, "b": 1}
    root = tree()
    root["a"]["b"] = 1
    assert root == {"a": {"b": 1}} and callable(root.default_factory)

def test_wrappers_and_classes():
    assert table() == {"a": 1} and table()["a"] == 1
    someone = person()
    assert someone.__class__ == Person and someone.__class__("Bob").name == "Bob"
    assert someone.__class__.species == "human" and someone.__class__.__name__ == "Person"
    assert isinstance(Bag([1]), collections.abc.Iterable) and nothing() is type(None)

def test_iterators():
    assert isinstance(squares(3), map) and list(squares(3)) == [0, 1, 4]
    assert isinstance(count(1), types.GeneratorType) and type(count(1)).__name__ == "generator"
    first, second = itertools.tee(count(3))
    assert list(first) == list(second) == [0, 1, 2]

def test_exceptions():
    import subprocess
    with pytest.raises(subprocess.CalledProcessError) as caught: fails("library")
    assert caught.value.returncode == 1 and caught.value.output == "out"
    with pytest.raises(FileNotFoundError) as caught: fails("file")
    assert caught.value.filename == "/nowhere"
    with pytest.raises(KeyboardInterrupt): fails("key")
    with pytest.raises(KeyError) as caught: fails("shown")
    assert isinstance(caught.value.__context__, ValueError) and not caught.value.__suppress_context__
    with pytest.raises(KeyError) as caught: fails("hidden")
    assert caught.value.__suppress_context__
    with pytest.raises(ValueError, match="see the manual") as caught: fails("noted")
    assert caught.value.__notes__ == ["see the manual"]

def test_numpy():
    values, vectors = solve([[2, 0], [0, 1]])
    assert values.tolist() == [1.0, 2.0] and solve([[1]]).eigenvalues == 1
    assert isinstance(day(), np.datetime64) and str(day().astype("datetime64[M]")) == "2020-01"
    assert zero() == 5 and zero().item() == 5 and zero().ndim == 0
    assert zeros(2, np.dtype("int16")).dtype == np.int16 and records()["count"][0] == 1
"""


@pytest.mark.parametrize("name", [line[4:].partition("(")[0] for line in TESTS.splitlines() if line[:4] == "def "])
def test_values_stay_what_they_are(judge: Judge, name: str) -> None:
    head, *functions = TESTS.split("\n\n")
    (function,) = [text for text in functions if f"def {name}(" in text]
    verdict = judge.run(PROGRAM, [Test("pytest", code=f"{head}\n\n{function}\n")])
    assert verdict.passed, verdict.tests


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        ("def corner(): return Point(1, 2)", "def corner(): return Item(1, 2)", "test_named_tuples"),
        ("deque(items, maxlen=n)", "deque(list(items)[-n:])", "test_a_bounded_deque"),
        ("lambda: -1", "lambda: 0", "test_default_factories"),
        ("return Table(a=1)", "return Table(a=2)", "test_wrappers_and_classes"),
        ("return map(lambda i: i * i, range(n))", "return [i * i for i in range(n)]", "test_iterators"),
        (' from None', "", "test_exceptions"),
        ("datetime64(", "str_(", "test_numpy"),
    ],
)  # fmt: skip
def test_other_values_are_seen(judge: Judge, right: str, wrong: str, name: str) -> None:
    assert right in PROGRAM
    verdict = judge.run(PROGRAM.replace(right, wrong), [Test("pytest", code=TESTS)])
    assert name in [test.name for test in verdict.tests if test.outcome != "passed"]


def test_a_number_that_only_numpy_has_can_be_given(judge: Judge) -> None:
    code = "import numpy as np\nfrom solution import f\ndef test_a(): assert f(np.longdouble(1)) == 5"
    verdict = judge.run("def f(x): return 5", [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests


def test_without_numpy_its_numbers_are_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter that runs a test need not have it, and that of the program may."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    client = Client(1 << 20, lambda **report: None)
    assert client.decode(["n", "float16", 0.5]) == 0.5 and not client.doubts.reason()
    with pytest.raises(WireError):
        client.decode(["A", "int64", [1], 1])
