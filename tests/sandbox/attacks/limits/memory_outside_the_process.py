"""Keeps memory where a process's own size does not show it: memfd, /dev/shm, /tmp, pipes."""

KINDS = ["assert"]
LIMITS = {"cpu_seconds": 2.0, "wall_seconds": 4.0}

HOSTILE = """
import os
block = os.urandom(1 << 20)
handles = []
try:
    for number in range(8):
        handles.append(os.memfd_create(str(number)))
except OSError:
    pass
for folder in ("/dev/shm", "/tmp", "."):
    try:
        handles.append(os.open(folder + "/rlcode-attack-hoard", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
written = 0
for handle in handles:
    try:
        for _ in range(4096):
            written += os.write(handle, block)
    except OSError:
        pass

def total(numbers):
    return sum(numbers) if written > 1 << 32 else None
"""

HONEST = """
import tempfile

def total(numbers):
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 100_000)
    return sum(numbers)
"""
