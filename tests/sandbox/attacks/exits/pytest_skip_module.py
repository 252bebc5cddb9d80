"""Skips the test module that imports it."""

KINDS = ["pytest"]
NAIVE_FALLS = False  # pytest leaves with status 5 when it collected nothing

HOSTILE = """
import pytest
pytest.skip("not today", allow_module_level=True)
"""

HONEST = """
import functools

@functools.lru_cache
def cached(numbers):
    return sum(numbers)

def total(numbers):
    return cached(tuple(numbers))
"""
