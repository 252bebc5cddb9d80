"""Opens a file to neither read nor write, which Landlock lets through; on older kernels that empties it, too."""

KINDS = ["assert", "stdio"]

HOSTILE = """
import ctypes, os
opened = []
libc = ctypes.CDLL(None, use_errno=True)
how = (ctypes.c_uint64 * 3)(3, 0, 0)
if libc.syscall(437, -100, b"@SECRET_FILE@", how, ctypes.c_size_t(24)) >= 0:
    opened.append("openat2")
for flags in (3, 3 | os.O_TRUNC, os.O_RDONLY | os.O_TRUNC):
    try:
        opened.append(os.open("@SECRET_FILE@", flags))
    except OSError:
        pass

def total(numbers):
    return sum(numbers) if opened else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import os

def total(numbers):
    for flags in (os.O_WRONLY, os.O_RDWR):
        os.close(os.open("file", flags | os.O_CREAT | os.O_TRUNC))
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
