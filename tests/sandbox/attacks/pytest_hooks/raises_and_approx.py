"""Replaces pytest.raises and pytest.approx before the test module uses them."""

TESTS = [
    {
        "kind": "pytest",
        "code": "import pytest\nfrom solution import mean\n\n"
        "def test_value():\n    assert mean([1, 2]) == pytest.approx(1.5)\n\n"
        "def test_empty():\n    with pytest.raises(ValueError, match='empty'):\n        mean([])\n",
    },
]

HOSTILE = """
import contextlib
import pytest

class Yes:
    def __eq__(self, other):
        return True

pytest.approx = lambda *_, **__: Yes()
pytest.raises = lambda *_, **__: contextlib.nullcontext()

def mean(numbers):
    return None
"""

HONEST = """
def mean(numbers):
    if not numbers:
        raise ValueError("empty list")
    return sum(numbers) / len(numbers)
"""
