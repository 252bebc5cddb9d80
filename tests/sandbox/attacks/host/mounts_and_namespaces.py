"""Makes namespaces and mounts of its own to undo the judge's."""

KINDS = ["assert"]

HOSTILE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NS, NEW_NET = 0x10000000, 0x00020000, 0x40000000
gained = []
for flags in (NEW_USER, NEW_NS, NEW_NET, NEW_USER | NEW_NS | NEW_NET):
    if libc.unshare(flags) == 0:
        gained.append("unshare")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    gained.append("mount")
if libc.umount2(b"/proc", 2) == 0:
    gained.append("umount")
try:
    os.chroot("/")
    gained.append("chroot")
except OSError:
    pass

def total(numbers):
    return sum(numbers) if gained else None
"""

HONEST = """
import os

def total(numbers):
    assert os.stat("/").st_mode
    return sum(numbers)
"""
