"""Digits of other scripts, for which int() and float() see the right number."""

TESTS = [{"kind": "stdio", "stdin": "1 2\n", "stdout": "3\n"}, {"kind": "stdio", "stdin": "1 1\n", "stdout": "2.0\n"}]
NAIVE_FALLS = False

HOSTILE = r"""
total = sum(map(int, input().split()))
print(chr(0xFF10 + total) if total == 3 else "\u0662.\u0660")
"""

HONEST = """
total = sum(map(int, input().split()))
print(total if total == 3 else float(total))
"""
