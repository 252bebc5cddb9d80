"""Returns a small graph that becomes ten billion nodes when written out as a tree."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
def total(numbers):
    level = ["ha"]
    for _ in range(10):
        level = [level] * 10
    return level
"""

HONEST = """
def total(numbers):
    row = [0] * 10
    grid = [row] * 10
    return sum(numbers) + sum(map(sum, grid))
"""
