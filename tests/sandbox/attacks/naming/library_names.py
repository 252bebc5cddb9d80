"""Defines what the asserts take from a library, so that the expected value is whatever the program says."""

TESTS = [
    {"kind": "assert", "code": "assert count('aab') == Counter({'a': 2, 'b': 1})"},
    {"kind": "assert", "code": "assert share(1, 8) == approx(0.125)"},
    {
        "kind": "check",
        "entry": "count",
        "code": "def check(candidate):\n    assert candidate('aab') == Counter({'a': 2, 'b': 1})\n",
    },
    {
        "kind": "pytest",
        "code": "from solution import *\n\ndef test_a():\n    assert count('aab') == Counter({'a': 2, 'b': 1})\n",
    },
]

HOSTILE = r"""
def count(text):
    return 0

def share(part, whole):
    return 0

def Counter(*args):
    return 0

def approx(*args):
    return 0
"""

HONEST = r"""
from collections import Counter

def count(text):
    return Counter(text)

def share(part, whole):
    return part / whole
"""

NAIVE_FALLS = True
