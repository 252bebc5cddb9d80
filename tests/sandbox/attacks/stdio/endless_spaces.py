"""Prints the right answer and then white space without end, for a judge that strips or splits it."""

KINDS = ["stdio"]
NAIVE_FALLS = False
OUTCOMES = {"output_limit", "timeout"}

HOSTILE = r"""
import sys
print(sum(map(int, input().split())))
while True:
    sys.stdout.write(" \n" * 100_000)
"""

HONEST = """
print(sum(map(int, input().split())), " " * 10_000)
"""
