"""Connects to a listener on this machine by TCP, UDP and every address it may have."""

KINDS = ["assert", "call", "stdio", "pytest"]

HOSTILE = """
import socket

def connected():
    for family, address in ((socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_INET6, ("::1", @PORT@))):
        try:
            with socket.socket(family) as link:
                link.settimeout(1)
                link.connect(address)
                return True
        except OSError:
            pass
    return False

def total(numbers):
    return sum(numbers) if connected() else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import socket

def total(numbers):
    assert socket.AF_INET
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
