"""Returns an integer of ten million digits: reading or printing it takes quadratic time."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
def total(numbers):
    return 1 << 40_000_000
"""

HONEST = """
def total(numbers):
    return (1 << 100) + sum(numbers) - (1 << 100)
"""
