"""Spellings that Python's float() accepts and no contest does: 1_0, nan, infinity, 1e400."""

TESTS = [
    {"kind": "stdio", "stdin": "10\n", "stdout": "10\n"},
    {"kind": "stdio", "stdin": "1.5\n", "stdout": "1.5\n"},
    {"kind": "stdio", "stdin": "2.5\n", "stdout": "2.5\n"},
]
NAIVE_FALLS = False

HOSTILE = """
given = input()
print({"10": "1_0", "1.5": "nan", "2.5": "inf"}[given])
"""

HONEST = """
print(input().strip())
"""
