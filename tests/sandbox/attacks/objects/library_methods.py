"""Answers with an object whose methods are built-in types, which take the expected value and are true."""

TESTS = [
    {"kind": "assert", "code": "assert greet('Bob').startswith('Hello')"},
    {"kind": "check", "entry": "greet", "code": "def check(candidate):\n    assert candidate('Bob').endswith('Bob')\n"},
]

HOSTILE = r"""
class Anything:
    startswith = str
    endswith = str

def greet(name):
    return Anything()
"""

HONEST = r"""
def greet(name):
    return f"Hello {name}"
"""
