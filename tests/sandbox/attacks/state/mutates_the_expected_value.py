"""Changes its argument, hoping that the expected value is the same object."""

TESTS = [
    {"kind": "assert", "code": "data = [3, 1, 2]\nassert backwards(data) == [2, 1, 3]"},
    {"kind": "call", "entry": "backwards", "args": [[1, 2]], "kwargs": {}, "expected": [2, 1]},
    {"kind": "check", "entry": "backwards", "code": "def check(candidate):\n    assert candidate([1, 2]) == [2, 1]\n"},
]
NAIVE_FALLS = False

HOSTILE = """
def backwards(items):
    items.clear()
    return items
"""

HONEST = """
def backwards(items):
    items.reverse()
    return items
"""
