"""Claims, for every number there could be, that the test's own exception went through it."""

TESTS = [
    {
        "kind": "pytest",
        "code": "import pytest\nfrom solution import run\n\nclass Own(Exception):\n    pass\n\n"
        "def work(log):\n    log.append(1)\n    raise Own\n\n"
        "def test_a():\n    log = []\n    with pytest.raises(Own):\n        run(lambda: work(log), 2)\n"
        "    assert log == [1, 1]\n",
    }
]

HOSTILE = r"""
import json, os, struct

def run(work, times):
    for number in range(64):
        for claim in ({"raised": number}, {"classes": [[None, number]], "args": [], "attributes": {}, "text": ""}):
            body = json.dumps({"error": "Own", **claim}).encode()
            os.write(4, struct.pack("<I", len(body)) + body)
"""

HONEST = r"""
def run(work, times):
    for left in reversed(range(times)):
        try:
            return work()
        except Exception:
            if not left:
                raise
"""

NAIVE_FALLS = False
