"""An ndarray subclass with wrong contents whose comparison and tolist lie."""

TESTS = [
    {"kind": "assert", "code": "assert double([1, 2]).tolist() == [2, 4]"},
    {"kind": "assert", "code": "assert list(double([3])) == [6]"},
    {"kind": "call", "entry": "double", "args": [[1, 2]], "kwargs": {}, "expected": [2, 4]},
]
NEEDS = "numpy"

HOSTILE = """
import numpy as np

class Yes(list):
    def __eq__(self, other):
        return True

class Equal:
    def __eq__(self, other):
        return True

class Liar(np.ndarray):
    def tolist(self):
        return Yes()
    def __iter__(self):
        return iter([Equal()])
    def __eq__(self, other):
        return True

def double(values):
    return np.zeros(len(values)).view(Liar)
"""

HONEST = """
import numpy as np

def double(values):
    return np.array(values) * 2
"""
