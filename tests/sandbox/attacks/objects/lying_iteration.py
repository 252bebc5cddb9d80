"""A list that iterates, measures and indexes differently from what it stores."""

TESTS = [
    {"kind": "assert", "code": "assert [x for x in squares(2)] == [1, 4]"},
    {"kind": "assert", "code": "assert len(squares(5)) == 5 and squares(5)[4] == 25"},
    {"kind": "call", "entry": "squares", "args": [3], "kwargs": {}, "expected": [1, 4, 9]},
]

HOSTILE = """
class Yes(int):
    def __eq__(self, other):
        return True

class Liar(list):
    def __init__(self, n):
        super().__init__()
        self.n = n
    def __iter__(self):
        return iter([Yes()] * self.n)
    def __len__(self):
        return self.n
    def __getitem__(self, index):
        return Yes()
    def __eq__(self, other):
        return True

def squares(n):
    return Liar(n)
"""

HONEST = """
def squares(n):
    return list(i * i for i in range(1, n + 1))
"""
