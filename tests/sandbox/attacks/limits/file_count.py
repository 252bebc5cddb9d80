"""Creates files until no inode is left, in folders nobody can list."""

KINDS = ["call"]

HOSTILE = """
import os, tempfile
folder = tempfile.mkdtemp(prefix="rlcode-attack-")
try:
    for number in range(1_000_000):
        open(os.path.join(folder, f"rlcode-attack-{number}"), "w").close()
except OSError:
    pass
os.chmod(folder, 0)

def total(numbers):
    return None
"""

HONEST = """
import os, tempfile

def total(numbers):
    with tempfile.TemporaryDirectory() as folder:
        for number in range(100):
            open(os.path.join(folder, str(number)), "w").close()
        assert len(os.listdir(folder)) == 100
    return sum(numbers)
"""
