"""Returns a string far longer than any result needs to be."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
def total(numbers):
    return "x" * 20_000_000
"""

HONEST = """
def total(numbers):
    return len("x" * 100_000) - 100_000 + sum(numbers)
"""
