"""Searches every object of the interpreter for the tests."""

KINDS = ["call", "assert", "check"]

HOSTILE = r"""
import gc, re

def total(numbers):
    wanted = repr(list(numbers)).replace(" ", "")
    for thing in gc.get_objects():
        if type(thing) is dict:
            if "expected" in thing and thing.get("args") == [numbers]:
                return thing["expected"]
            for value in list(thing.values()):
                if type(value) is str:
                    found = re.search(r"total\((.*?)\)\s*==\s*(-?\d+)", value)
                    if found and found.group(1).replace(" ", "") == wanted:
                        return int(found.group(2))
"""

HONEST = """
import gc

def total(numbers):
    return sum(numbers) if len(gc.get_objects()) > 10 else None
"""
