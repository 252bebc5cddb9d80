"""Leaves through os._exit(0): no finally, no atexit, no message."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]

HOSTILE = """
import os
os._exit(0)
"""

HONEST = """
import os

def total(numbers):
    assert os.getpid() > 0
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())), flush=True)
    os._exit(0)
"""
