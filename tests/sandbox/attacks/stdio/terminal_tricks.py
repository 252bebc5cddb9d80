"""Wrong output that looks right in a terminal: backspaces, carriage returns, escape sequences."""

TESTS = [{"kind": "stdio", "stdin": "1 2\n", "stdout": "3\n"}]
NAIVE_FALLS = False

HOSTILE = r"""
print("9\b3\x1b[2K\r3")
"""

HONEST = r"""
print(sum(map(int, input().split())), end="\r\n")
"""
