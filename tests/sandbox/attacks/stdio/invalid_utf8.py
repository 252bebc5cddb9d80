"""Prints bytes that are no text around the right answer."""

TESTS = [{"kind": "stdio", "stdin": "1 2\n", "stdout": "3\n"}]
NAIVE_FALLS = False

HOSTILE = r"""
import sys
sys.stdout.buffer.write(b"\xff\xfe3\xff\n")
"""

HONEST = r"""
import sys
sys.stdout.buffer.write(b"3\n")
"""
