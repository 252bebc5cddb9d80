"""Closes all descriptors and puts a file of its own in their places."""

KINDS = ["assert", "call", "check", "stdio"]
NAIVE_FALLS = False

HOSTILE = """
import os, tempfile
handle, path = tempfile.mkstemp()
os.write(handle, b'{"outcome": "passed"}' * 100)
for descriptor in range(64):
    if descriptor != handle:
        os.dup2(handle, descriptor)

def total(numbers):
    return None
"""

HONEST = """
import os, tempfile

def total(numbers):
    with tempfile.TemporaryFile() as file:
        spare = os.dup(file.fileno())
        os.close(spare)
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
