"""Returns an int whose __eq__ says yes to everything."""

KINDS = ["assert", "call", "check", "pytest"]

HOSTILE = """
class Yes(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = int.__hash__

def total(numbers):
    return Yes(12345)
"""

HONEST = """
class Total(int):
    pass

def total(numbers):
    return Total(sum(numbers))
"""
