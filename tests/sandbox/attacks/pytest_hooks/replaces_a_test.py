"""A test function that the test file hands to the program, to be wrapped: it comes back as nothing pytest runs."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import timed\n\ndef test_a():\n    assert timed(lambda: 3)() == 3\n\n"
        "test_a = timed(test_a)\n\ndef test_b():\n    assert callable(timed)\n",
    }
]

HOSTILE = """
def timed(function):
    return 5
"""

HONEST = """
import functools

def timed(function):
    @functools.wraps(function)
    def run(*args, **kwargs):
        return function(*args, **kwargs)
    return run
"""
