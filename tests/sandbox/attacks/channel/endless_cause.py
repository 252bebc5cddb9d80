"""Raises an exception whose chain of causes and whose notes never end."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
def total(numbers):
    error = ValueError("x")
    for _ in range(50_000):
        outer = ValueError("x")
        outer.__cause__ = outer.__context__ = error
        error = outer
    error.__notes__ = ["n" * 1000] * 20_000
    raise error
"""

HONEST = """
def total(numbers):
    try:
        try:
            raise KeyError
        except KeyError as inner:
            raise ValueError from inner
    except ValueError:
        return sum(numbers)
"""
