"""Returns a list nested a hundred thousand deep."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
def total(numbers):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
"""

HONEST = """
def total(numbers):
    deep = sum(numbers)
    for _ in range(20):
        deep = [deep]
    for _ in range(20):
        deep = deep[0]
    return deep
"""
