"""Uses no CPU time at all."""

KINDS = ["assert"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}
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
