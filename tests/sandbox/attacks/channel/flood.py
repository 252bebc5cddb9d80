"""Writes without end on every descriptor it finds."""

KINDS = ["assert", "call", "stdio", "pytest"]
NAIVE_FALLS = False

HOSTILE = r"""
import os
block = b"\xff" * 65536
descriptors = list(range(1, 64))
while descriptors:
    for descriptor in list(descriptors):
        try:
            os.set_blocking(descriptor, False)
            os.write(descriptor, block)
        except BlockingIOError:
            pass
        except OSError:
            descriptors.remove(descriptor)
"""

HONEST = r"""
def total(numbers):
    print("x" * 100_000, end="")
    print("\r" + " " * 10, end="")
    return sum(numbers)

if __name__ == "__main__":
    print(sum(map(int, input().split())))
"""
