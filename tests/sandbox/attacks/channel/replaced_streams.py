"""Replaces stdout and stderr by objects that raise or loop."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
import sys

class Trap:
    def write(self, text):
        raise SystemExit(0)
    flush = close = isatty = fileno = write

sys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = sys.__stderr__ = Trap()

def total(numbers):
    return None
"""

HONEST = """
import contextlib, io

def total(numbers):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print(sum(numbers))
    return int(out.getvalue())
"""
