"""Stops the clocks so that a slow answer looks fast."""

KINDS = ["assert", "call", "check"]
LIMITS = {"cpu_seconds": 0.5}
OUTCOMES = {"timeout"}
NAIVE_FALLS = False

HOSTILE = """
import time
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, name + "_ns", lambda: 0)

def total(numbers):
    for _ in range(10 ** 12):
        pass
    return sum(numbers)
"""

HONEST = """
import time

def total(numbers):
    started = time.perf_counter()
    while time.perf_counter() - started < 0.001:
        pass
    return sum(numbers)
"""
