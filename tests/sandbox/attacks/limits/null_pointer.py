"""Dereferences address zero."""

KINDS = ["assert", "call", "check", "pytest", "stdio"]

HOSTILE = """
import ctypes
ctypes.string_at(0)
"""

HONEST = """
import ctypes

def total(numbers):
    return ctypes.c_int(sum(numbers)).value

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
