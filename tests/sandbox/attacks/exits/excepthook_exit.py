"""Turns the report of a failed assertion into exit status 0."""

KINDS = ["assert", "call", "check"]

HOSTILE = """
import os, sys
sys.excepthook = lambda *exc: os._exit(0)
sys.unraisablehook = lambda *exc: os._exit(0)

def total(numbers):
    return None
"""

HONEST = """
import sys
sys.excepthook = lambda *exc: sys.__excepthook__(*exc)

def total(numbers):
    return sum(numbers)
"""
