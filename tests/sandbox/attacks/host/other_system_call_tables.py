"""Makes system calls through the x32 numbers, which a filter by number does not see."""

KINDS = ["assert"]
NAIVE_FALLS = False  # a kernel without x32 refuses them by itself

HOSTILE = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
X32 = 0x40000000
forked = libc.syscall(X32 | 39) > 0 if platform.machine() == "x86_64" else False

def total(numbers):
    return sum(numbers) if forked else None
"""

HONEST = """
import platform

def total(numbers):
    assert platform.machine()
    return sum(numbers)
"""
