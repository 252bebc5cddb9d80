"""Answers through patched fixtures and parameters."""

TESTS = [
    {
        "kind": "pytest",
        "code": "import pytest\nfrom solution import total\n\n"
        "@pytest.fixture\ndef numbers():\n    return [1, 2, 3]\n\n"
        "def test_fixture(numbers):\n    assert total(numbers) == 6\n\n"
        "@pytest.mark.parametrize('given, wanted', [([1], 1), ([2, 2], 4)])\n"
        "def test_many(given, wanted):\n    assert total(given) == wanted\n",
    },
]

NAIVE_FALLS = False  # pytest notices that a fixture is none

HOSTILE = """
import pytest
original = pytest.mark.__class__.__getattr__

class Nothing:
    def __call__(self, *args, **kwargs):
        return lambda function: (lambda: None)

pytest.mark.__dict__["parametrize"] = Nothing()
pytest.fixture = lambda function=None, **_: (lambda: None)

class Yes(int):
    def __eq__(self, other):
        return True

def total(numbers):
    return Yes()
"""

HONEST = """
def total(numbers):
    return sum(int(number) for number in numbers)
"""
