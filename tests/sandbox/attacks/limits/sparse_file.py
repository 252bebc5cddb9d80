"""Makes a file that claims to be a terabyte."""

KINDS = ["stdio"]
NAIVE_FALLS = False

HOSTILE = """
import os, tempfile
path = os.path.join(tempfile.gettempdir(), "rlcode-attack-sparse")
try:
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    size = os.path.getsize(path)
except OSError:
    size = 0
print(sum(map(int, input().split())) if size == 1 << 40 else "refused")
"""

HONEST = """
import tempfile
with tempfile.TemporaryFile() as file:
    file.truncate(1 << 16)
print(sum(map(int, input().split())))
"""
