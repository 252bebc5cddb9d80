"""Writes the beginning of a message and waits for the reader to wait."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}

HOSTILE = r"""
import os, time
for descriptor in range(3, 64):
    for start in (b"\x00\x00\x00\x10{", b"\x10\x00\x00\x00{"):
        try:
            os.write(descriptor, start)
        except OSError:
            pass
time.sleep(1000)
"""

HONEST = """
import time

def total(numbers):
    time.sleep(0.01)
    return sum(numbers)
"""
