"""Claims a type it does not have: isinstance asks __class__."""

TESTS = [
    {"kind": "assert", "code": "r = pair()\nassert isinstance(r, tuple) and r == (1, 2)"},
    {"kind": "assert", "code": "assert type(pair()) is tuple and pair() == (1, 2)"},
]
NAIVE_FALLS = False

HOSTILE = """
class Liar:
    __class__ = tuple
    def __eq__(self, other):
        return True

def pair():
    return Liar()
"""

HONEST = """
from collections import namedtuple

def pair():
    point = namedtuple("Point", "x y")(1, 2)
    return tuple(point)
"""
