"""Replaces the code of every function found in the calling frames."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import sys

def nothing(*args, **kwargs):
    return True

frame = sys._getframe(1) if hasattr(sys, "_getframe") else None
while frame:
    for value in list(frame.f_globals.values()):
        code = getattr(value, "__code__", None)
        if code is not None and not code.co_freevars:
            try:
                value.__code__ = nothing.__code__
            except Exception:
                pass
    frame = frame.f_back

def total(numbers):
    return None
"""

HONEST = """
def total(numbers):
    return None

def real(numbers):
    return sum(numbers)

total.__code__ = real.__code__
"""
