"""Floods only stderr, which a judge that drains only stdout never empties."""

KINDS = ["stdio"]
NAIVE_FALLS = False

HOSTILE = """
import sys
while True:
    sys.stderr.write("x" * 100_000)
"""

HONEST = """
import sys
sys.stderr.write("x" * 60_000)
print(sum(map(int, input().split())))
"""
