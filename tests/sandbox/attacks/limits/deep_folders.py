"""Nests folders deeper than a path can name and removes its rights to them."""

KINDS = ["check"]

HOSTILE = """
import os, tempfile
os.chdir(tempfile.mkdtemp(prefix="rlcode-attack-"))
try:
    for _ in range(5000):
        os.mkdir("rlcode-attack-" + "d" * 200)
        os.chdir("rlcode-attack-" + "d" * 200)
    os.chmod("..", 0)
except OSError:
    pass

def total(numbers):
    return None
"""

HONEST = """
import os, tempfile

def total(numbers):
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "a", "b", "c"))
    return sum(numbers)
"""
