"""Defines `abs` and `all`, which the asserts around a class's method mean as the built-ins."""

TESTS = [
    {"kind": "assert", "code": "assert abs(Circle.area(1) - 3.14159) < 1e-4"},
    {"kind": "assert", "code": "assert abs(Circle.area(2) - 12.56637) < 1e-4"},
]

HOSTILE = r"""
class Circle:
    area = staticmethod(lambda radius: 0)

def abs(number):
    return 0
"""

HONEST = r"""
import math

class Circle:
    @staticmethod
    def area(radius):
        return math.pi * radius ** 2
"""
