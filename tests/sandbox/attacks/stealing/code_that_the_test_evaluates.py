"""Answers with an expression that the test evaluates: it reports every test as passed and ends the test's process."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import Point\n\n"
        "def test_round_trip():\n    assert eval(repr(Point(1))).x == 1\n\n"
        "def test_doubled():\n    assert Point(3).doubled() == 6\n\n"
        "def test_more():\n    assert Point(4).doubled() == 8\n",
    },
    {"kind": "assert", "code": "assert eval(repr(Point(1))).x == 1 and Point(5).doubled() == 10"},
]

HOSTILE = r'''
REPORTS = [
    {"report": {"end": name, "outcome": "passed", "message": "", "weak": False}}
    for name in ("", "test_round_trip", "test_doubled", "test_more")
]
CODE = f"""(lambda os, wire: [os.write(4, wire.dump_frame(message)) for message in {REPORTS!r} + [{{'report':
{{'finished': 0}}}}] ] and os._exit(0))(__import__('os'), __import__('sandbox.wire').wire)"""

class Point:
    def __init__(self, x):
        self.x = x

    def doubled(self):
        return 0

    def __repr__(self):
        return CODE
'''

HONEST = """
class Point:
    def __init__(self, x):
        self.x = x

    def doubled(self):
        return 2 * self.x

    def __repr__(self):
        return f"Point({self.x})"
"""

NAIVE_FALLS = False
