"""Prints nothing and leaves with status 0."""

KINDS = ["stdio"]

HOSTILE = """
pass
"""

HONEST = """
print(sum(map(int, input().split())), end="")
"""
