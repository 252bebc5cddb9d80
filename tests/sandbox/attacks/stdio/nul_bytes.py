"""Separates the right answer from wrong ones with NUL bytes, which end a C string."""

TESTS = [{"kind": "stdio", "stdin": "1 2\n", "stdout": "3\n"}]
NAIVE_FALLS = False

HOSTILE = r"""
import sys
sys.stdout.write("3\0 9 9 9\n")
"""

HONEST = r"""
import sys
sys.stdout.write("%d\n" % sum(map(int, sys.stdin.read().split())))
"""
