"""Calls what honest programs never need: bpf, io_uring, aio, userfaultfd, perf, keyring, kexec, module loading."""

KINDS = ["assert"]

HOSTILE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
calls = {
    "bpf": (321, 0, 0, 0), "userfaultfd": (323, 0), "io_uring_setup": (425, 8, ctypes.create_string_buffer(120)),
    "perf_event_open": (298, 0, 0, -1, -1, 0), "add_key": (248, b"user", b"rlcode", b"x", 1, -3),
    "init_module": (175, 0, 0, b""), "kexec_load": (246, 0, 0, 0, 0), "swapon": (167, b"/tmp/x", 0),
    "io_setup": (206, 1_000, ctypes.create_string_buffer(8)),  # of which the machine has so many
}
EPERM, ENOSYS, EACCES = 1, 38, 13
open_doors = []
for name, arguments in calls.items():
    if libc.syscall(*arguments) >= 0 or ctypes.get_errno() not in (EPERM, ENOSYS, EACCES):
        open_doors.append(name)

def total(numbers):
    return sum(numbers) if open_doors else None
"""

HONEST = """
import ctypes

def total(numbers):
    assert ctypes.CDLL(None).getpid() > 0
    return sum(numbers)
"""
