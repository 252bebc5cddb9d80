"""Defines its own check, candidate and tests, and keeps defining them from a thread."""

KINDS = ["check", "assert"]
NAIVE_FALLS = False

HOSTILE = """
import threading, time

def check(candidate):
    pass

def keep():
    while True:
        for scope in (globals(),):
            scope["check"] = check
            scope["candidate"] = lambda *_: 3
        time.sleep(0)

threading.Thread(target=keep, daemon=True).start()

def total(numbers):
    return None
"""

HONEST = """
def check(numbers):
    return sum(numbers)

def candidate(numbers):
    return check(numbers)

def total(numbers):
    return candidate(numbers)
"""
