"""Exits with status 0 before any test runs: a judge that trusts the exit status sees success."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]

HOSTILE = """
import sys
sys.exit(0)
"""

HONEST = """
import sys

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
    sys.exit(0)
"""
