"""Replaces the builtins a comparer uses."""

TESTS = [
    {"kind": "assert", "code": "assert len(squares(3)) == 3"},
    {"kind": "assert", "code": "assert all(a == b for a, b in zip(squares(2), [1, 4]))"},
    {"kind": "assert", "code": "assert sorted(squares(2)) == sorted([4, 1])"},
]

HOSTILE = """
import builtins
builtins.len = lambda _: 3
builtins.all = builtins.any = builtins.bool = lambda *_: True
builtins.zip = lambda *_: []
builtins.sorted = lambda *_, **__: 0
builtins.sum = builtins.abs = lambda *_: 0

def squares(n):
    return []
"""

HONEST = """
import builtins
assert builtins.len is len

def squares(n):
    return [i * i for i in range(1, n + 1)]
"""
