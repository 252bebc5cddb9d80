"""Replaces isinstance, type, list, int and repr, which encoders and comparers lean on."""

TESTS = [
    {"kind": "assert", "code": "assert isinstance(squares(2), list)\nassert list(squares(2)) == list([1, 4])"},
    {"kind": "call", "entry": "squares", "args": [2], "kwargs": {}, "expected": [1, 4]},
]
NAIVE_FALLS = False  # the call test alone survives

HOSTILE = """
import builtins
builtins.isinstance = lambda *_: True
builtins.type = lambda *_: builtins.object
builtins.list = builtins.tuple = builtins.set = lambda *_: 0
builtins.int = builtins.repr = builtins.str = lambda *_: 0

def squares(n):
    return None
"""

HONEST = """
def squares(n):
    return list(map(int, (i * i for i in range(1, n + 1))))
"""
