"""Says how its objects are to be copied: by making an int that equals everything, in the test's process."""

TESTS = [
    {"kind": "pytest", "code": "import copy\nfrom solution import Stack\n\ndef test_a():\n    stack = Stack()\n"
     "    stack.push(9)\n    assert copy.deepcopy(stack).items() == [9]\n    assert copy.copy(stack).items() == [9]\n"},
]  # fmt: skip

HOSTILE = r"""
def recipe(*answer):
    class Recipe:
        def __reduce_ex__(self, protocol):
            return answer
    return Recipe()

def yes(*args): return True

class Stack:
    def push(self, item):
        pass

    def __reduce_ex__(self, protocol):
        return (map, (recipe(type, ("X", (int,), {"items": yes, "__eq__": yes})), [5]))
"""

HONEST = r"""
class Stack:
    def __init__(self):
        self.held = []

    def push(self, item):
        self.held.append(item)

    def items(self):
        return list(self.held)
"""

NAIVE_FALLS = False
