"""Defines what the asserts take from a library, so that the expected value is whatever the program says."""

TESTS = [
    {"kind": "assert", "code": "assert count('aab') == Counter({'a': 2, 'b': 1})"},
    {"kind": "assert", "code": "assert share(1, 8) == approx(0.125)"},
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
import collections

def count(text):
    return collections.Counter(text)

def share(part, whole):
    return part / whole
"""

NAIVE_FALLS = True
