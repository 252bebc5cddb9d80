"""Floods the test's process with questions while it is not its turn."""

TESTS = [{"kind": "pytest", "code": "from solution import total\n\ndef test_a():\n    assert total([1, 2]) == 3\n"}]

HOSTILE = r"""
import os, struct

def total(numbers):
    body = b'{"ask":"input","object":0,"args":["' + b"x" * 900_000 + b'"],"kwargs":{}}'
    while True:
        os.write(4, struct.pack("<I", len(body)) + body)
"""

HONEST = r"""
def total(numbers):
    return sum(numbers)
"""

NAIVE_FALLS = False
