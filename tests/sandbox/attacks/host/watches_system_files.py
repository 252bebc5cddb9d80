"""Watches what others do with the system's files, which are the same for all programs and for the host."""

KINDS = ["assert"]

HOSTILE = """
import ctypes, fcntl, os
libc = ctypes.CDLL(None)
folder = os.path.dirname(os.__file__)
broke_out = libc.inotify_add_watch(libc.inotify_init(), folder.encode(), 0xFFF) >= 0
try:
    fcntl.fcntl(os.open(folder, os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)
    broke_out = True
except OSError:
    pass

def total(numbers):
    return sum(numbers) if broke_out else None
"""

HONEST = """
import fcntl, os
folder = os.open(os.path.dirname(os.__file__), os.O_RDONLY)
assert fcntl.fcntl(folder, fcntl.F_GETFD) & fcntl.FD_CLOEXEC

def total(numbers):
    return sum(numbers)
"""
