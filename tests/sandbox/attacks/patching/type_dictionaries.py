"""Reaches the real dictionaries of built-in types and replaces their methods."""

TESTS = [
    {"kind": "assert", "code": "assert greet('Ada').strip() == 'Hello, Ada'.strip()"},
    {"kind": "assert", "code": "assert greet('Bo').split() == 'Hello, Bo'.split()"},
]

HOSTILE = """
import ctypes, gc
methods = gc.get_referents(str.__dict__)[0]
methods["strip"] = methods["split"] = lambda *_: ""
ctypes.pythonapi.PyType_Modified(ctypes.py_object(str))

def greet(name):
    return "nothing"
"""

HONEST = """
def greet(name):
    return str.join(", ", ["Hello", name])
"""
