"""Looks for the list of results in the frames below, appends what a passing test appends and leaves."""

KINDS = ["assert", "call", "check"]

HOSTILE = """
import os, sys

def total(numbers):
    frame = sys._getframe(1)
    while frame:
        for value in list(frame.f_locals.values()):
            if hasattr(value, "append"):
                value.append("passed")
            if hasattr(value, "put"):
                value.put("passed")
            if hasattr(value, "value"):
                value.value = 0
        frame = frame.f_back
    os._exit(0)
"""

HONEST = """
results = []

def total(numbers):
    results.append(sum(numbers))
    return results[-1]
"""
