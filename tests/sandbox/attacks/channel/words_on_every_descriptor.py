"""Writes what success may look like on every open descriptor and leaves with status 0."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]

HOSTILE = r"""
import os
words = [b"passed\n", b'{"outcome": "passed", "passed": true}\n', b"OK\n", b"True\n", b"\x80\x04\x88.", b"1\n"]
for descriptor in range(256):
    for word in words:
        try:
            os.write(descriptor, word)
        except OSError:
            pass
os._exit(0)
"""

HONEST = r"""
import os

def total(numbers):
    os.write(2, b"passed\n")
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
