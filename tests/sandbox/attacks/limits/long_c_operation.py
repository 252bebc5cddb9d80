"""Stays inside one C call, where no Python signal handler runs."""

KINDS = ["check"]
OUTCOMES = {"timeout"}
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
def total(numbers):
    return sum(range(10 ** 12))
"""

HONEST = """
def total(numbers):
    return sum(range(10 ** 5)) - sum(range(10 ** 5)) + sum(numbers)
"""
