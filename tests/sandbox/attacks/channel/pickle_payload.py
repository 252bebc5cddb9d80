"""Returns an object whose unpickling runs code in the reader; the code leaves a file behind."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import os

class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/rlcode-attack-pickle",)
    def __eq__(self, other):
        return False

def total(numbers):
    return Payload()
"""

HONEST = """
class Plain:
    def __init__(self, value):
        self.value = value
    def __reduce__(self):
        return Plain, (self.value,)

def total(numbers):
    return Plain(sum(numbers)).value
"""
