"""Prints a number at the end of a sentence that is a little off: `12345679.` is no decimal fraction."""

TESTS = [{"kind": "stdio", "stdin": "12345670 8", "stdout": "The sum is 12345678.\n"}]

HOSTILE = """
print("The sum is 12345679.")
"""

HONEST = """
print(f"The sum is {sum(map(int, input().split()))}.")
"""

NAIVE_FALLS = False
