"""Waits for input that never comes."""

KINDS = ["call"]
LIMITS = {"wall_seconds": 1.0}

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
