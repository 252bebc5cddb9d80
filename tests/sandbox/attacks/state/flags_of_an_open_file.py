"""Leaves a mark on its standard input, in case the next program is given the same open file."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
import fcntl, os
left = fcntl.fcntl(0, fcntl.F_GETFL) & os.O_APPEND

def total(numbers):
    return sum(numbers) if left else None
"""

HONEST = """
import fcntl, os

def total(numbers):
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK)
    return sum(numbers)
"""

ACCOMPLICE = """
import fcntl, os
fcntl.fcntl(0, fcntl.F_SETFL, os.O_APPEND)

def total(numbers):
    return sum(numbers)
"""
