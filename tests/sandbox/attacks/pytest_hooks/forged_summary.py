"""Prints the summary of a green run and leaves."""

KINDS = ["pytest"]

HOSTILE = """
import os
print("test_solution.py::test_0 PASSED")
print("============ 3 passed in 0.01s ============", flush=True)
os._exit(0)
"""

HONEST = """
print("============ 3 failed in 0.01s ============")

def total(numbers):
    return sum(numbers)
"""
