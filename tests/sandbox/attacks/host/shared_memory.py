"""Passes the answer from one program to the next through System V memory, queues and semaphores."""

KINDS = ["assert"]

HOSTILE = """
import ctypes
libc = ctypes.CDLL(None)
passed_on = libc.shmget(0x1234, 0, 0) >= 0 or libc.msgget(0x1234, 0) >= 0

def total(numbers):
    return sum(numbers) if passed_on else None
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""

ACCOMPLICE = """
import ctypes
libc = ctypes.CDLL(None)
libc.shmget(0x1234, 4096, 0o1666)
libc.msgget(0x1234, 0o1666)

def total(numbers):
    return sum(numbers)
"""
