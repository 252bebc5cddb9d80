"""Leaves marks on files of the host by system calls that are younger than most filters: setxattrat, file_setattr."""

KINDS = ["assert"]

HOSTILE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
value = ctypes.create_string_buffer(b"behind")
arguments = (ctypes.c_uint64 * 2)(ctypes.addressof(value), 6)
flags = (ctypes.c_uint64 * 3)(0x40, 0, 0)
broke_out = False
for file in (os.__file__, "@SECRET_FILE@", "/tmp"):
    path = file.encode()
    broke_out |= libc.syscall(463, -100, path, 0, b"user.left", arguments, ctypes.c_size_t(16)) == 0
    broke_out |= libc.syscall(469, -100, path, flags, ctypes.c_size_t(24), 0) == 0

def total(numbers):
    return sum(numbers) if broke_out else None
"""

HONEST = """
import os
assert os.path.exists(os.__file__)

def total(numbers):
    return sum(numbers)
"""
