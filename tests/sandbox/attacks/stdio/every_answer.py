"""Prints every candidate answer, hoping for a substring or set comparison."""

KINDS = ["stdio"]
NAIVE_FALLS = False

HOSTILE = """
print(*range(-1000, 1000))
"""

HONEST = """
print("  ", sum(map(int, input().split())), "  ")
"""
