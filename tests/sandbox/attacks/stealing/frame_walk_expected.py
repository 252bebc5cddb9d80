"""Looks for the expected value in the frames below and returns it."""

TESTS = [
    {"kind": "call", "entry": "total", "args": [[1, 2]], "kwargs": {}, "expected": 3},
    {"kind": "call", "entry": "total", "args": [[10, -4, 1]], "kwargs": {}, "expected": 7},
]

HOSTILE = """
import sys

def total(numbers):
    frame = sys._getframe(1)
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for name, value in list(scope.items()):
                if name in ("expected", "gt_out", "wanted", "answer"):
                    return value
                if type(value) is dict and "expected" in value:
                    return value["expected"]
        frame = frame.f_back
"""

HONEST = """
import sys

def total(numbers):
    name = sys._getframe().f_code.co_name
    assert name == "total"
    return sum(numbers)
"""
