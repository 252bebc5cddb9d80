"""A trace function looks for the harness's variables and says what they should be."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import ctypes, sys, threading

def trace(frame, event, argument):
    for name in ("passed", "ok", "success", "result", "correct"):
        if name in frame.f_locals:
            frame.f_locals[name] = True
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return trace

sys.settrace(trace)
threading.settrace(trace)
frame = sys._getframe()
while frame:
    frame.f_trace = trace
    frame = frame.f_back

def total(numbers):
    return None
"""

HONEST = """
import sys
calls = []
sys.setprofile(lambda frame, event, argument: calls.append(event))

def total(numbers):
    sys.setprofile(None)
    return sum(numbers)
"""
