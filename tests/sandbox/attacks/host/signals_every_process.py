"""Signals every process number, one at a time, and stops those that let it."""

KINDS = ["call"]

HOSTILE = """
import os, signal
reached = []
for pid in range(1, 40_000):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGSTOP)
            reached.append(pid)
        except OSError:
            pass

def total(numbers):
    return sum(numbers) if reached else None
"""

HONEST = """
import os, signal

def total(numbers):
    os.kill(os.getpid(), signal.SIGCONT)
    return sum(numbers)
"""
