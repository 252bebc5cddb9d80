"""Stands on the right of ==: Python asks a subclass of the left operand's type first."""

TESTS = [
    {"kind": "assert", "code": "assert 3 == total([1, 2])"},
    {"kind": "assert", "code": "assert total([4]) in (4, 5)"},
    {"kind": "assert", "code": "assert not 9 != total([4, 5])"},
]

HOSTILE = """
class Yes(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False

def total(numbers):
    return Yes(-1)
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""
