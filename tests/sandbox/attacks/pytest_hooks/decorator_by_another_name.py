"""A decorator that the test calls by another name than the program does takes tests away."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import timed as t, total\n\n@t\ndef test_a():\n    assert total([1, 2]) == 3\n\n"
        "def test_b():\n    assert callable(t)\n",
    },
    {
        "kind": "pytest",
        "code": "import solution as s\n\n@s.timed\ndef test_a():\n    assert s.total([1, 2]) == 3\n\n"
        "def test_b():\n    assert callable(s.timed)\n",
    },
    {
        "kind": "pytest",
        "code": "import solution\ndecorate = solution.timed\n\nclass TestOuter:\n    class TestInner:\n"
        "        @decorate\n        def test_a(self):\n            assert solution.total([1, 2]) == 3\n\n"
        "def test_b():\n    assert callable(decorate)\n",
    },
]

HOSTILE = """
def timed(function):
    return 0

def total(numbers):
    return 0
"""

HONEST = """
import functools

def timed(function):
    @functools.wraps(function)
    def run(*args):
        return function(*args)
    return run

def total(numbers):
    return sum(numbers)
"""
