"""Calls functions of C in the test's process, with addresses of its choice, by way of a generator that it was given."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import numpy as np
from solution import total
def test_total():
    assert total(np.random.default_rng(5), [1, 2]) == 3 + np.random.default_rng(5).integers(100)
""",
    }
]

HOSTILE = """
def total(generator, numbers):
    drawn, functions = generator.integers(100), generator.bit_generator.ctypes
    functions.next_uint64(functions.state_address)
    return sum(numbers) + drawn
"""

HONEST = """
def total(generator, numbers):
    return sum(numbers) + generator.integers(100)
"""

NAIVE_FALLS = False
NEEDS = "numpy"
