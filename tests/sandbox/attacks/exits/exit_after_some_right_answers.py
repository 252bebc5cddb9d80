"""Answers the first test correctly, then leaves: an incomplete answer must not count as complete."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
import os
calls = 0

def total(numbers):
    global calls
    calls += 1
    if calls > 1:
        os._exit(0)
    return sum(numbers)
"""

HONEST = """
calls = 0

def total(numbers):
    global calls
    calls += 1
    return sum(numbers)
"""
