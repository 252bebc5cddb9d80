"""Returns and raises text that no encoding can carry."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = r"""
class Odd(Exception):
    pass

Odd.__name__ = Odd.__qualname__ = "\udcff\x00\x1b[2J"
calls = 0

def total(numbers):
    global calls
    calls += 1
    if calls % 2:
        raise Odd("\ud800\x00")
    return {"\ud800": "\udfff", float("nan"): "\x00"}
"""

HONEST = r"""
def total(numbers):
    assert "\ud800" != "\udfff"
    return sum(numbers)
"""
