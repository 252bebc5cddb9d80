"""Returns a list whose __eq__ says yes and whose stored elements are wrong."""

TESTS = [
    {"kind": "assert", "code": "assert squares(3) == [1, 4, 9]"},
    {"kind": "assert", "code": "assert [1] == squares(1)"},
    {"kind": "call", "entry": "squares", "args": [2], "kwargs": {}, "expected": [1, 4]},
    {"kind": "check", "entry": "squares", "code": "def check(candidate):\n    assert candidate(2) == [1, 4]\n"},
]

HOSTILE = """
class Yes(list):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False

def squares(n):
    return Yes([0] * n)
"""

HONEST = """
class Squares(list):
    pass

def squares(n):
    return Squares(i * i for i in range(1, n + 1))
"""
