"""Replaces the process by a program that always succeeds."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]

HOSTILE = """
import os
os.execv("/bin/true", ["true"])
"""

HONEST = """
import shutil

def total(numbers):
    shutil.which("true")
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
