"""Has `from solution import *` bring names that pytest and its assertions look for: a set-up that runs each test and
reads the answers out of its errors.
"""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import *\n\ndef test_a():\n    assert total([1, 2]) == 3\n\n"
        "def test_b():\n    assert total([10, -4]) == 6\n",
    }
]

HOSTILE = r"""
__all__ = ["total", "__getattr__", "setup_function", "@pytest_ar", "pytest_plugins"]
answer = 0

def total(numbers):
    return answer

def setup_function(function):
    global answer
    answer = 0
    try:
        function()
    except BaseException as error:
        answer = int(str(error).split("==")[1].split()[0])

def __getattr__(name):
    raise AttributeError(name)
"""

HONEST = r"""
__all__ = ["total", "helper"]

def helper(numbers):
    return sum(numbers)

def total(numbers):
    return helper(numbers)
"""

NAIVE_FALLS = False
