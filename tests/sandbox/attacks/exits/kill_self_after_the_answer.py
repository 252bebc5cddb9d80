"""Prints the right answer, then kills itself: in a contest that is a runtime error, in every tier the same."""

KINDS = ["stdio"]
NAIVE_FALLS = False
OUTCOMES = {"error"}

HOSTILE = """
import os, signal
print(sum(map(int, input().split())), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

HONEST = """
import os
print(sum(map(int, input().split())), flush=True)
os._exit(0)
"""
