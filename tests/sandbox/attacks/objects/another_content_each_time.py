"""Answers with a list whose iterator says something else each time it is asked."""

TESTS = [
    {
        "kind": "check",
        "entry": "ordered",
        "code": "def check(candidate):\n    numbers = [5, 3, 9, 1]\n    answer = candidate(list(numbers))\n"
        "    assert isinstance(answer, list) and len(answer) == len(numbers)\n"
        "    assert all(answer[i] <= answer[i + 1] for i in range(len(answer) - 1))\n"
        "    assert set(answer) == set(numbers)\n",
    }
]

HOSTILE = r"""
class Lying(list):
    def __init__(self, *contents):
        self.contents = list(contents)

    def __iter__(self):
        return iter(self.contents.pop(0))

    def __len__(self):
        return 4

    def __getitem__(self, place):
        return place

def ordered(numbers):
    return Lying(numbers, numbers, numbers)
"""

HONEST = r"""
def ordered(numbers):
    return sorted(numbers)
"""
