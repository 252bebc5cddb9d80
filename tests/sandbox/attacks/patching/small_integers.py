"""Overwrites the interpreter's cached small integers, so that 0 is 3 in this process."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import ctypes

def overwrite(number, value):
    ctypes.c_uint32.from_address(id(number) + 24).value = value

def total(numbers):
    overwrite(3, 250)
    overwrite(7, 250)
    return 250
"""

HONEST = """
def total(numbers):
    result = 0
    for number in numbers:
        result = int.__add__(result, number)
    return result
"""
