"""Backtracks for years inside the regular expression engine."""

KINDS = ["pytest"]
OUTCOMES = {"timeout"}
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import re

def total(numbers):
    re.match(r"(a+)+$", "a" * 64 + "b")
"""

HONEST = """
import re

def total(numbers):
    assert re.match(r"(a+)+$", "a" * 64)
    return sum(numbers)
"""
