"""Finds the harness's own functions in memory and sends a report through each that looks like a sender."""

KINDS = ["assert", "call", "check"]

HOSTILE = """
import gc, os, types

def total(numbers):
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and not (thing.__module__ or "").startswith(("importlib", "os", "gc")):
            if any(word in thing.__name__ for word in ("send", "write", "report", "encode", "reply", "emit")):
                for argument in ("passed", {"outcome": "passed"}, [True], True):
                    try:
                        thing(argument)
                    except BaseException:
                        pass
    os._exit(0)
"""

HONEST = """
def send(value):
    return value

def total(numbers):
    return send(sum(numbers))
"""
