"""Raises SystemExit(0) from the tested function: `except Exception` does not see it."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
def total(numbers):
    raise SystemExit(0)
"""

HONEST = """
def total(numbers):
    try:
        raise SystemExit(0)
    except SystemExit:
        return sum(numbers)
"""
