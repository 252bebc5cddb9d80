"""Prints the start of an answer, leaves, and has a child hold stdout open for ever."""

KINDS = ["stdio"]
NAIVE_FALLS = False

HOSTILE = """
import os, time
print("nothing", flush=True)
try:
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
except OSError:
    pass
"""

HONEST = """
import os
print(sum(map(int, input().split())), flush=True)
os.close(1)
"""
