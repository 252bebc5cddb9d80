"""Sleeps with half of each answer written, while the judge may think that the test is at work."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import total\n\n"
        + "".join(f"def test_{i}():\n    assert total([{i}, 2]) == {i + 2}\n\n" for i in range(12)),
    }
]
OUTCOMES = ["timeout"]

HOSTILE = r"""
import os, sys, time
served = sys.modules["sandbox.inside.served"]

def slowly(message, *rest):
    frame = sys.modules["sandbox.wire"].dump_frame(message)
    os.write(5, frame[:1])
    time.sleep(1.2)
    os.write(5, frame[1:])

def total(numbers):
    served.send = slowly
    return sum(numbers)
"""

HONEST = r"""
import time

def total(numbers):
    time.sleep(0.01)
    return sum(numbers)
"""
