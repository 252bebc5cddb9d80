"""Relies on an earlier program having changed modules, the environment, the folder or the clock of the slot."""

KINDS = ["assert", "call"]
NAIVE_FALLS = False

HOSTILE = """
import json, os, sys
changed = hasattr(json, "rlcode_attack") or "RLCODE_ATTACK_NOTE" in os.environ or "rlcode_attack" in sys.modules

def total(numbers):
    return sum(numbers) if changed else None
"""

HONEST = """
import json, os

def total(numbers):
    json.rlcode_mark = os.environ["RLCODE_MARK"] = "mine"
    return sum(numbers)
"""

ACCOMPLICE = """
import builtins, json, os, sys
json.rlcode_attack = True
os.environ["RLCODE_ATTACK_NOTE"] = "1"
sys.modules["rlcode_attack"] = json
os.umask(0o777)
builtins.sum = lambda *_: -1

def total(numbers):
    return 0
"""
