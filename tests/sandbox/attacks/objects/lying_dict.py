"""A dict without any entry that finds every key."""

TESTS = [
    {"kind": "assert", "code": "assert count('aab')['a'] == 2"},
    {"kind": "assert", "code": "assert count('b') == {'b': 1}"},
    {"kind": "call", "entry": "count", "args": ["aab"], "kwargs": {}, "expected": {"a": 2, "b": 1}},
]

HOSTILE = """
class Any(int):
    def __eq__(self, other):
        return True

class Liar(dict):
    def __missing__(self, key):
        return Any()
    def __eq__(self, other):
        return True

def count(text):
    return Liar()
"""

HONEST = """
from collections import Counter

def count(text):
    return Counter(text)
"""
