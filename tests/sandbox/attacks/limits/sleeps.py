"""Uses no CPU time at all."""

KINDS = ["assert"]
LIMITS = {"wall_seconds": 1.0}
OUTCOMES = {"timeout"}

HOSTILE = """
import time

def total(numbers):
    time.sleep(10_000)
"""

HONEST = """
import time

def total(numbers):
    time.sleep(0.05)
    return sum(numbers)
"""
