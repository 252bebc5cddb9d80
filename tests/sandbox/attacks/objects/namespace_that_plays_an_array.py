"""Answers with a namespace that numpy takes for an array: without elements, or at an address of its choice."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import numpy as np
import pytest
from solution import facts, ones, total
def test_facts():
    assert facts([1, 2]).count == 2
def test_total():
    ones()
    assert total([1, 2]) == pytest.approx(3)
    assert np.allclose(total([2, 2]), 4.0)
""",
    }
]

HOSTILE = """
import numpy as np
from types import SimpleNamespace

NOTHING = {"shape": (0,), "typestr": "<f8", "data": b"12345678", "version": 3}

def facts(numbers):
    return SimpleNamespace(count=len(numbers))

def ones():
    return np.ones(3)

def total(numbers):
    return SimpleNamespace(__array_interface__=NOTHING)
"""

HONEST = """
import numpy as np
from types import SimpleNamespace

def facts(numbers):
    return SimpleNamespace(count=len(numbers))

def ones():
    return np.ones(3)

def total(numbers):
    return np.sum(numbers)
"""

NEEDS = "numpy"
