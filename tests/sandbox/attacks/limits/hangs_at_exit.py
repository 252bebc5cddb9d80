"""Prints a wrong answer and loops in an atexit handler."""

KINDS = ["stdio", "check"]
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import atexit

def loop():
    while True:
        pass

atexit.register(loop)
print("wrong")
"""

HONEST = """
import atexit
atexit.register(print, end="")

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
