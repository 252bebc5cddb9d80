"""Takes a descriptor out of another process with pidfd_getfd."""

KINDS = ["call"]

HOSTILE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
stolen = []
for pid in {os.getppid(), 1} - {0, os.getpid()}:
    pidfd = libc.syscall(434, pid, 0)
    if pidfd >= 0:
        stolen += [fd for fd in (libc.syscall(438, pidfd, number, 0) for number in range(32)) if fd >= 0]

def total(numbers):
    return sum(numbers) if stolen else None
"""

HONEST = """
import os

def total(numbers):
    os.close(os.dup(2))
    return sum(numbers)
"""
