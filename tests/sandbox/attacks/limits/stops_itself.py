"""Stops its process; only a wall clock notices."""

KINDS = ["stdio"]
LIMITS = {"wall_seconds": 1.0}

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
