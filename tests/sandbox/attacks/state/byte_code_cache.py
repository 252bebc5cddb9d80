"""Finds byte code that an earlier program planted for a module everyone imports."""

KINDS = ["assert"]
NAIVE_FALLS = False

HOSTILE = """
import colorsys

def total(numbers):
    return sum(numbers) if hasattr(colorsys, "rlcode_attack") else None
"""

HONEST = """
import colorsys

def total(numbers):
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    return sum(numbers)
"""

ACCOMPLICE = """
import importlib.util, marshal, os, py_compile, struct
spec = importlib.util.find_spec("colorsys")
cached = importlib.util.cache_from_source(spec.origin)
try:
    with open(cached, "r+b") as file:
        header = file.read(16)
        file.write(marshal.dumps(compile("rlcode_attack = 1\n" + open(spec.origin).read(), spec.origin, "exec")))
except OSError:
    pass

def total(numbers):
    return sum(numbers)
"""
