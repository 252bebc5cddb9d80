"""Watches what is done with files that it may not read."""

KINDS = ["assert"]

HOSTILE = """
import ctypes, os
libc = ctypes.CDLL(None)
watches = libc.inotify_init()
folders = ("@SECRET_FILE@", os.path.dirname("@SECRET_FILE@"), os.path.expanduser("~root"))
broke_out = any(libc.inotify_add_watch(watches, folder.encode(), 0xFFF) >= 0 for folder in folders)

def total(numbers):
    return sum(numbers) if broke_out else None
"""

HONEST = """
import os
assert os.path.exists(os.__file__)

def total(numbers):
    return sum(numbers)
"""
