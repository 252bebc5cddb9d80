"""Prints a correct first line and nothing else: zip() stops at the shorter side."""

TESTS = [
    {"kind": "stdio", "stdin": "3\n", "stdout": "1\n4\n9\n"},
    {"kind": "stdio", "stdin": "2\n", "stdout": "1\n4\n"},
]

HOSTILE = """
print(1)
"""

HONEST = """
for i in range(int(input())):
    print((i + 1) ** 2)
"""
