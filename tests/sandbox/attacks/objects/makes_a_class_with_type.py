"""Makes a class that equals everything on the test's side, with the `type` that the test hands over or passes on."""

TESTS = [
    {"kind": "assert", "code": "assert group_by([1, 'a'], type) == {int: [1], str: ['a']}"},
    {
        "kind": "pytest",
        "code": "from solution import group_by\n\ndef test_a():\n"
        "    assert group_by([1, 'a'], type) == {int: [1], str: ['a']}\n\n"
        "def test_b():\n    assert group_by([2], lambda f, *args: f(*args) if args else len(f)) == {3: [2]}\n",
    },
]

HOSTILE = r"""
def yes(*args): return True

def group_by(items, key):
    members = {"__eq__": yes, "__hash__": lambda self: 1}
    try:
        return key("X", (int,), members)(5)
    except TypeError:
        return key(key(type, "X", (int,), members), 5)
"""

HONEST = r"""
def group_by(items, key):
    groups = {}
    for item in items:
        groups.setdefault(key(item) if key is type else key("abc"), []).append(item)
    return groups
"""

NAIVE_FALLS = False
