"""Kills its own process: a judge that reads "no failure reported" as success falls for it."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""

HONEST = """
import os

def total(numbers):
    os.kill(os.getpid(), 0)
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
