"""Sends a value of unknown meaning whose name is a list nested as deep as JSON goes."""

KINDS = ["call", "assert", "check"]

HOSTILE = r"""
import os, struct

def total(numbers):
    body = b'{"value":' + b'["L",' * 90 + b'["x",' + b'[' * 700 + b']' * 700 + b']' + b']' * 90 + b'}'
    os.write(4, struct.pack("<I", len(body)) + body)
    os._exit(0)
"""

HONEST = r"""
def total(numbers):
    return sum(numbers)
"""

NAIVE_FALLS = False
