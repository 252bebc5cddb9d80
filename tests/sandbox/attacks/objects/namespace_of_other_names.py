"""Answers with a namespace whose names are those of an object: one when they are checked, another when it is made."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import numpy as np
from solution import total
def test_total():
    assert np.allclose(total([2, 2]), 4.0)
""",
    }
]

HOSTILE = """
import sys
from types import SimpleNamespace

NOTHING = {"shape": (0,), "typestr": "<f8", "data": b"12345678", "version": 3}

class Names:
    def __iter__(self): return iter(["count"])
    def values(self): return [1]
    def keys(self): return ["__array_interface__"]
    def __getitem__(self, name): return NOTHING

if served := sys.modules.get("sandbox.inside.served"):
    served.HOLDERS[SimpleNamespace] = lambda value: [Names()]

def total(numbers):
    return SimpleNamespace(__array_interface__=NOTHING)
"""

HONEST = """
def total(numbers):
    return float(sum(numbers))
"""

NEEDS = "numpy"
