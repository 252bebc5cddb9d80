"""Returns a list that contains itself."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
def total(numbers):
    loop = []
    loop.append(loop)
    return loop
"""

HONEST = """
loop = []
loop.append(loop)

def total(numbers):
    return sum(numbers)
"""
