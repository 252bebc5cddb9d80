"""Waits for input that never comes."""

KINDS = ["call"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}

HOSTILE = """
import os, select

def total(numbers):
    reader, writer = os.pipe()
    select.select([reader], [], [])
"""

HONEST = """
import os

def total(numbers):
    reader, writer = os.pipe()
    os.write(writer, b"x")
    os.read(reader, 1)
    return sum(numbers)
"""
