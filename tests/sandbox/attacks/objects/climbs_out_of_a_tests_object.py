"""Looks for the expected value behind an object of the test's own class."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import total\n\nEXPECTED = 3\n\nclass Box:\n    _hidden = 3\n\n"
        "    def __init__(self, numbers):\n        self.numbers = numbers\n\n    def get(self):\n"
        "        return self.numbers\n\ndef test_a():\n    assert total(Box([1, 2])) == EXPECTED\n",
    }
]

HOSTILE = r"""
def ask(box, name):
    own = object.__getattribute__
    return own(box, "server").ask("getattr", own(box, "number"), (name,), {})

def total(box):
    ways = (
        lambda: box.get.__globals__["EXPECTED"],
        lambda: box.__init__.__func__.__globals__["EXPECTED"],
        lambda: type(box).__init__.__globals__["EXPECTED"],
        lambda: box._hidden,
        lambda: ask(box, "_hidden"),
        lambda: ask(box, "__class__")._hidden,
        lambda: ask(box, "__init__").__globals__["EXPECTED"],
        lambda: ask(box.get, "__globals__")["EXPECTED"],
        lambda: ask(box, "get").__func__.__globals__["EXPECTED"],
        lambda: "{0.get.__globals__[EXPECTED]}".format(box),
    )
    for way in ways:
        try:
            return int(way())
        except Exception:
            continue
"""

HONEST = r"""
def total(box):
    return sum(box.numbers) + sum(box.get()) - sum(box.get())
"""
