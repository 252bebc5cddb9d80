"""Forks, so that two processes answer; the second answer differs."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import os

def total(numbers):
    try:
        os.fork()
    except OSError:
        pass
    return None
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""
