"""Claims to be a list through __class__ and equals everything."""

TESTS = [{"kind": "assert", "code": "r = squares(2)\nassert isinstance(r, list)\nassert r == [1, 4]"}]

HOSTILE = """
class Liar:
    __class__ = list
    def __eq__(self, other):
        return True

def squares(n):
    return Liar()
"""

HONEST = """
def squares(n):
    return [i * i for i in range(1, n + 1)]
"""
