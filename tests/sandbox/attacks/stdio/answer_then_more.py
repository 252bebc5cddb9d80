"""Prints the right answer on the first line and garbage after it."""

KINDS = ["stdio"]

HOSTILE = """
print(sum(map(int, input().split())))
print("or something else")
"""

HONEST = """
print(sum(map(int, input().split())))
print()
"""
