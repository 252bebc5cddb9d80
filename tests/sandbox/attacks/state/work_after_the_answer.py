"""Answers late: a destructor and a timer that fix the result after it was returned."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import threading, time

class Late(list):
    pass

def total(numbers):
    late = Late()
    answer = sum(numbers)
    threading.Timer(0.5, late.append, (answer,)).start()
    return late
"""

HONEST = """
import weakref

class Box:
    pass

def total(numbers):
    box = Box()
    weakref.finalize(box, lambda: None)
    return sum(numbers)
"""
