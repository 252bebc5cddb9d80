"""Catches every exception a timeout could raise in it."""

KINDS = ["call"]
OUTCOMES = {"timeout"}
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
def total(numbers):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""

HONEST = """
def total(numbers):
    try:
        return sum(numbers)
    except BaseException:
        return None
"""
