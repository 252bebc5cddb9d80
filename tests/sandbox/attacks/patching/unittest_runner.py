"""Makes unittest call nothing and report success."""

TESTS = [
    {
        "kind": "pytest",
        "code": "import unittest\nfrom solution import total\n\nclass TestTotal(unittest.TestCase):\n"
        "    def test_sum(self):\n        assert total([1, 2]) == 3\n",
    },
]

HOSTILE = """
import unittest
unittest.TestCase.run = lambda self, result=None: result and result.addSuccess(self)
unittest.TestCase.__call__ = unittest.TestCase.run

def total(numbers):
    return None
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""
