"""The returned object ends the process with status 0 when it is thrown away."""

KINDS = ["assert", "call", "check"]

HOSTILE = """
import os

class Result:
    def __del__(self):
        os._exit(0)

def total(numbers):
    return Result()
"""

HONEST = """
class Result(int):
    def __del__(self):
        pass

def total(numbers):
    return Result(sum(numbers))
"""
