"""A program that shares the test's process sends reports of forms that the judge does not expect."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import total\n\ndef test_a(tmp_path):\n    assert total([1, 2]) == 3\n",
    }
]

HOSTILE = """
import json, os, struct
for report in ("broken", ["end"], {"end": 1, "outcome": ["passed"]}, {"load": "broken"}, None):
    body = json.dumps({"report": report}).encode()
    os.write(4, struct.pack("<I", len(body)) + body)

def total(numbers):
    return 0
"""

HONEST = "def total(numbers): return sum(numbers)"

NAIVE_FALLS = False
