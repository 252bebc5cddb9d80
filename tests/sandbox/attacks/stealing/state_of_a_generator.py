"""Draws numbers that are the memory of the test's process, from a generator whose state numpy did not check."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import numpy as np
from solution import draw, total
def test_total():
    generator = np.random.RandomState(5)
    assert draw(generator) == np.random.RandomState(5).randint(100)
    assert total([1, 2, 3]) == 6
""",
    }
]

# The number is right only if the state could be set, to a place behind the last number of those it holds.
HOSTILE = """
drawn = []

def draw(generator):
    answer = generator.randint(100)
    kind, numbers, place, *rest = generator.get_state()
    generator.set_state((kind, numbers, len(numbers) + 10, *rest))
    drawn.append(generator.bytes(40))
    return answer

def total(numbers):
    return sum(numbers) if drawn else None
"""

HONEST = """
def draw(generator):
    return generator.randint(100) if generator.get_state() else None

def total(numbers):
    return sum(numbers)
"""

NAIVE_FALLS = False
NEEDS = "numpy"
