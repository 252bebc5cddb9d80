"""Raises pytest's own skip: pytest leaves with status 0 when every test was skipped."""

KINDS = ["pytest"]

HOSTILE = """
def total(numbers):
    import pytest
    pytest.skip("not today")
"""

HONEST = """
def total(numbers):
    import warnings
    warnings.warn("slow path")
    return sum(numbers)
"""
