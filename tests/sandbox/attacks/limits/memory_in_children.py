"""Spreads its memory over children that each stay below the limit."""

KINDS = ["stdio"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}

HOSTILE = """
import os, time
try:
    for _ in range(60):
        if os.fork() == 0:
            hoard = bytearray(os.urandom(1 << 20)) * 100
            time.sleep(100)
except OSError:
    pass
time.sleep(100)
"""

HONEST = """
hoard = bytearray(1 << 20) * 20
print(sum(map(int, input().split())))
"""
