"""Fills the disk."""

KINDS = ["assert"]
LIMITS = {"cpu_seconds": 2.0, "wall_seconds": 4.0}

HOSTILE = """
import os, tempfile
block = b"x" * (1 << 20)
written = 0
try:
    while written < 1 << 34:
        with open(os.path.join(tempfile.gettempdir(), f"rlcode-attack-{written}"), "wb", 0) as file:
            for _ in range(64):
                written += file.write(block)
except OSError:
    pass

def total(numbers):
    return sum(numbers) if written > 1 << 30 else None
"""

HONEST = """
import tempfile

def total(numbers):
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x" * 1_000_000)
        file.flush()
    return sum(numbers)
"""
