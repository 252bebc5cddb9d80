"""Gives an object of the test's own class another method, another operator and another class."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from functools import cached_property\nfrom solution import fill\n\nclass Box:\n"
        "    def __init__(self):\n        self.items = []\n\n"
        "    @cached_property\n    def full(self):\n        return len(self.items) == 2\n\n"
        "    def put(self, item):\n        self.items.append(item)\n\n    def right(self):\n"
        "        return self.items == [1, 2]\n\n    def __eq__(self, other):\n        return self.items == other\n\n"
        "def test_a():\n    box = Box()\n    fill(box)\n"
        "    assert box.right() and box.full\n    assert box == [1, 2]\n",
    }
]

HOSTILE = r"""
class Yes:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def right(self): return True

def yes(*args): return True

def fill(box):
    own = object.__getattribute__
    methods = [("right", yes), ("full", True), ("__eq__", yes)]
    for name, value in [*methods, ("__class__", Yes), ("items", Yes()), ("__dict__", {})]:
        try:
            own(box, "server").ask("setattr", own(box, "number"), (name, value), {})
        except Exception:
            pass
"""

HONEST = r"""
def fill(box):
    box.put(1)
    box.put(2)
"""

NAIVE_FALLS = False
