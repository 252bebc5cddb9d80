"""Forks without end."""

KINDS = ["assert", "stdio"]
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""

HONEST = """
def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
