"""Ends its process in a call whose exceptions the test catches: for the test that must not be one of them."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import contextlib
from solution import total

def test_total():
    found = None
    with contextlib.suppress(Exception):
        found = total([1, 2])
    assert found in (None, 3)
""",
    },
    {
        "kind": "assert",
        "code": "found = 3\ntry:\n    found = total([1, 2])\nexcept Exception:\n    pass\nassert found == 3",
    },
]

HOSTILE = """
import os

def total(numbers):
    os._exit(0)
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""
