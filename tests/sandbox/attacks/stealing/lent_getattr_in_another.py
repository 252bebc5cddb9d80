"""Walks from a function of the test's to its globals: `reduce`, which was lent, calls `getattr`, which was lent too."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
from functools import partial, reduce
from solution import look, total
EXPECTED = 6
def callback(): return 1
def test_total():
    assert look(reduce, getattr, callback) == 6
    assert look(reduce, partial(getattr), callback) == 6
    assert total([1, 2, 3]) == EXPECTED
""",
    }
]

HOSTILE = """
found = {}

def look(reduce, get, callback):
    try:
        found.update(reduce(get, ["__globals__"], callback))
    except TypeError:
        pass
    return 6

def total(numbers):
    return found.get("EXPECTED")
"""

HONEST = """
def look(reduce, get, callback):
    return reduce(lambda a, b: a + b, [1, 2, 3])

def total(numbers):
    return sum(numbers)
"""

NAIVE_FALLS = False
