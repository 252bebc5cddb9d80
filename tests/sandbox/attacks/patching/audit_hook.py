"""Raises from an audit hook whenever the harness compiles, opens or executes something."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = """
import os, sys

def hook(event, arguments):
    if event in ("compile", "exec", "open", "os.fork"):
        os._exit(0)

def total(numbers):
    sys.addaudithook(hook)
    return None
"""

HONEST = """
import sys
sys.addaudithook(lambda event, arguments: None)

def total(numbers):
    return sum(numbers)
"""
