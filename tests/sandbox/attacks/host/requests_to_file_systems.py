"""Has the file system change files of the machine by requests that ask for no right to write (here: to what is so)."""

KINDS = ["assert", "stdio"]

HOSTILE = """
import fcntl, os
GET_VERSION, SET_VERSION, ALLOCATE = 0x80087601, 0x40087602, 0x660C
changed = 0
with open(os.__file__, "rb") as file:
    try:
        changed += fcntl.ioctl(file, ALLOCATE) == 0
        changed += bool(fcntl.ioctl(file, SET_VERSION, fcntl.ioctl(file, GET_VERSION, bytes(8))))
    except OSError:
        pass

def total(numbers):
    return sum(numbers) if changed else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import os, socket

def total(numbers):
    near, far = socket.socketpair()
    near.setblocking(False)
    os.set_inheritable(far.fileno(), not os.isatty(0))
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
