"""Returns nan or infinity where a tolerance might swallow it."""

TESTS = [
    {"kind": "call", "entry": "mean", "args": [[1, 2]], "kwargs": {}, "expected": 1.5},
    {"kind": "call", "entry": "mean", "args": [[1, 4]], "kwargs": {}, "expected": 2.5},
]
NAIVE_FALLS = False

HOSTILE = """
calls = 0

def mean(numbers):
    global calls
    calls += 1
    return float("nan") if calls % 2 else float("inf")
"""

HONEST = """
def mean(numbers):
    return sum(numbers) / len(numbers)
"""
