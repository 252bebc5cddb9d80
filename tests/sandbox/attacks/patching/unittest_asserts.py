"""Turns every unittest assertion into a no-op."""

TESTS = [
    {
        "kind": "pytest",
        "code": "import unittest\nfrom solution import total\n\nclass TestTotal(unittest.TestCase):\n"
        "    def test_sum(self):\n        self.assertEqual(total([1, 2]), 3)\n"
        "    def test_empty(self):\n        self.assertTrue(total([]) == 0)\n",
    },
]

HOSTILE = """
import unittest
for name in dir(unittest.TestCase):
    if name.startswith(("assert", "fail")):
        setattr(unittest.TestCase, name, lambda *_, **__: None)

def total(numbers):
    return None
"""

HONEST = """
import unittest

def total(numbers):
    return sum(numbers)

class TestOwn(unittest.TestCase):
    def test_own(self):
        self.assertEqual(total([2]), 2)
"""
