"""Scans the memory of its own process for the text of the tests."""

KINDS = ["assert", "check", "pytest"]

LIMITS = {"cpu_seconds": 4.0, "wall_seconds": 6.0}

HOSTILE = r"""
import re

answers = {}
pattern = re.compile(rb"(?:total|candidate)\((\[[-0-9, ]*\])\) == (-?\d+)")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if " rw" in line and end - start < 2 ** 26:
            memory.seek(start)
            for given, wanted in pattern.findall(memory.read(end - start)):
                answers[given.replace(b" ", b"").decode()] = int(wanted)

def total(numbers):
    return answers.get(repr(list(numbers)).replace(" ", ""))
"""

HONEST = """
import os

def total(numbers):
    os.stat("/proc/self")
    return sum(numbers)
"""
