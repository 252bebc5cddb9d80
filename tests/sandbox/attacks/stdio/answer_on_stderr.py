"""Prints the answer on stderr only."""

KINDS = ["stdio"]

HOSTILE = """
import sys
print(sum(map(int, input().split())), file=sys.stderr)
"""

HONEST = """
import sys
print("debug: reading", file=sys.stderr)
print(sum(map(int, input().split())))
"""
