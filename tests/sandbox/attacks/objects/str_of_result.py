"""The text of the result equals everything: str() may return a str subclass."""

TESTS = [
    {"kind": "assert", "code": "assert str(total([1, 2])) == '3'"},
    {"kind": "assert", "code": "assert f'{total([4])}' == '4'"},
    {"kind": "assert", "code": "assert repr(total([5])) == '5'"},
]

HOSTILE = """
class Yes(str):
    def __eq__(self, other):
        return True

class Result:
    def __str__(self):
        return Yes("0")
    __repr__ = __str__
    def __format__(self, spec):
        return Yes("0")

def total(numbers):
    return Result()
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""
