"""Blocks and comprehensions nested beyond the compiler's stack."""

KINDS = ["assert", "call"]
NAIVE_FALLS = False

HOSTILE = "total = " + "[" * 90 + "0" + " for x in y]" * 90 + "\n" + "lambda: " * 50_000 + "0"

HONEST = """
def total(numbers):
    return sum(x for row in [[x for x in numbers]] for x in row)
"""
