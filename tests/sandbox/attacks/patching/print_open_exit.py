"""Replaces print, open, exec, compile and __import__ under the harness."""

KINDS = ["assert", "check", "call"]

HOSTILE = """
import builtins

class Nothing:
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        return True

for name in ("print", "open", "exec", "compile", "eval", "__import__", "__build_class__"):
    setattr(builtins, name, Nothing())

def total(numbers):
    return None
"""

HONEST = """
import builtins
real_print = builtins.print
builtins.print = lambda *args, **kwargs: real_print(*args, **kwargs)

def total(numbers):
    print("adding", numbers)
    return sum(numbers)
"""
