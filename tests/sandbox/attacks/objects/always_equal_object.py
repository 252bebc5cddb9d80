"""Returns an object that answers every operator in the program's favour."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
class Yes:
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __bool__(self):
        return True
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __contains__ = __eq__
    def __hash__(self):
        return 0

def total(numbers):
    return Yes()
"""

HONEST = """
from fractions import Fraction

def total(numbers):
    return int(sum(map(Fraction, numbers)))
"""
