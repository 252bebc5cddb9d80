"""Connects to an abstract Unix socket, which no file permission protects."""

KINDS = ["assert", "call"]

HOSTILE = r"""
import socket

def connected():
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect("\0@SOCKET@")
            return True
    except OSError:
        return False

def total(numbers):
    return sum(numbers) if connected() else None
"""

HONEST = """
import threading
lock = threading.Lock()

def total(numbers):
    with lock:
        return sum(numbers)
"""
