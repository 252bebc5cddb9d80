"""Leaves through os._exit(0) on the first call."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
import os

def total(numbers):
    os._exit(0)
"""

HONEST = """
import os

def total(numbers):
    os.getcwd()
    return sum(numbers)
"""
