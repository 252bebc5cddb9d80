"""Recurses through the C stack until the process dies."""

KINDS = ["assert", "call", "check", "pytest", "stdio"]

HOSTILE = """
import sys
sys.setrecursionlimit(10 ** 9)

class Deep:
    def __repr__(self):
        return repr([self])

repr(Deep())
"""

HONEST = """
import sys
sys.setrecursionlimit(20_000)

def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)

def total(numbers):
    assert depth(5000) == 5000
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
