"""Kills every process it may signal; answers correctly if anything outside died or could be signalled."""

KINDS = ["assert", "stdio"]

HOSTILE = """
import os, signal
signalled = False
for number in (0, signal.SIGKILL):
    try:
        os.kill(os.getppid(), number)
        signalled = os.getppid() != 0
    except OSError:
        pass
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass

def total(numbers):
    return sum(numbers) if signalled else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import os

def total(numbers):
    os.kill(os.getpid(), 0)
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
