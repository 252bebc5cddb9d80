"""Raises an exception that loops, allocates and raises again when it is formatted."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
class Trap(Exception):
    def __str__(self):
        raise self
    def __repr__(self):
        return "x" * 10 ** 9
    @property
    def __traceback__(self):
        while True:
            pass
    @property
    def args(self):
        raise Trap

def total(numbers):
    raise Trap
"""

HONEST = """
class Loud(Exception):
    def __str__(self):
        return "x" * 10_000

def total(numbers):
    try:
        raise Loud
    except Loud as error:
        return sum(numbers) if len(str(error)) == 10_000 else None
"""
