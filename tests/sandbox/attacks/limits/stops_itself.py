"""Stops its process; only a wall clock notices."""

KINDS = ["stdio"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}

HOSTILE = """
import os, signal
while True:
    os.kill(os.getpid(), signal.SIGSTOP)
"""

HONEST = """
import os, signal
os.kill(os.getpid(), signal.SIGCONT)
print(sum(map(int, input().split())))
"""
