"""Has a thread replace each test as soon as it is defined."""

KINDS = ["pytest"]
NAIVE_FALLS = False

HOSTILE = """
import sys, threading, time

scope = {}
frame = sys._getframe()
while frame:
    if "test" in frame.f_globals.get("__name__", ""):
        scope = frame.f_globals
    frame = frame.f_back

def keep():
    while True:
        for name in [name for name in list(scope) if name.startswith("test")]:
            scope[name] = lambda: None
        time.sleep(0)

threading.Thread(target=keep, daemon=True).start()

def total(numbers):
    return None
"""

HONEST = """
import threading
done = threading.Event()
threading.Thread(target=done.set, daemon=True).start()

def total(numbers):
    done.wait(1)
    return sum(numbers)
"""
