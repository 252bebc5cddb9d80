"""Attaches to its parent, or reads the parent's memory through the kernel's debugging calls."""

KINDS = ["assert"]

HOSTILE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
reached = False
for pid in {os.getppid(), 1}:
    if pid and pid != os.getpid():
        reached = reached or libc.ptrace(16, pid, None, None) == 0
        try:
            with open(f"/proc/{pid}/mem", "rb") as memory:
                reached = True
        except OSError:
            pass

def total(numbers):
    return sum(numbers) if reached else None
"""

HONEST = """
import ctypes

def total(numbers):
    ctypes.CDLL(None).getpid()
    return sum(numbers)
"""
