"""Raises pytest's own xfail: pytest leaves with status 0 when a test failed as expected."""

KINDS = ["pytest"]

HOSTILE = """
def total(numbers):
    import pytest
    pytest.xfail("known to be wrong")
"""

HONEST = """
def total(numbers):
    try:
        return sum(numbers)
    except TypeError:
        return 0
"""
