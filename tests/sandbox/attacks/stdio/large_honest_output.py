"""Prints ten thousand right numbers and one wrong one at the very end."""

TESTS = [{"kind": "stdio", "stdin": "20000\n", "stdout": "\n".join(map(str, range(20000)))}]
NAIVE_FALLS = False

HOSTILE = """
for i in range(int(input()) - 1):
    print(i)
print("no")
"""

HONEST = """
for i in range(int(input())):
    print(i)
"""
