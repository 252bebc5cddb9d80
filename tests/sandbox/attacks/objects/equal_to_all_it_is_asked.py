"""An answer of a class that the test names, whose own `==` says yes to whatever the test expects."""

TESTS = [
    {"kind": "assert", "code": "assert Ring(3).plus(5) == 1"},
    {
        "kind": "pytest",
        "code": "import unittest\nfrom solution import Ring\nclass TestRing(unittest.TestCase):\n"
        "    def test_a(self): self.assertEqual(Ring(3).plus(5), 1)",
    },
]
HOSTILE = """
class Ring:
    def __init__(self, number): pass
    def plus(self, number): return self
    def __eq__(self, other): return True
"""
HONEST = """
class Ring:
    def __init__(self, number): self.number = number % 7
    def plus(self, number): return Ring(self.number + number)
    def __eq__(self, other): return (self.number - getattr(other, "number", other)) % 7 == 0
"""
