"""Fails every test, then turns the exit status into 0 from an atexit handler."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
import atexit, os
atexit.register(lambda: os._exit(0))

def total(numbers):
    return None
"""

HONEST = """
import atexit
atexit.register(lambda: None)

def total(numbers):
    return sum(numbers)
"""
