"""Leaves links and devices that point out of the scratch folder for whoever cleans up."""

KINDS = ["assert", "stdio"]
NAIVE_FALLS = False

HOSTILE = """
import os, tempfile
folder = tempfile.gettempdir()
for name, target in (("etc", "/etc"), ("self", "."), ("secret", "@SECRET_FILE@"), ("dot", "..")):
    try:
        os.symlink(target, os.path.join(folder, "rlcode-attack-" + name))
    except OSError:
        pass
for name in ("stdout", "result", "output"):
    try:
        os.mkfifo(os.path.join(folder, "rlcode-attack-" + name))
    except OSError:
        pass
try:
    os.link("@SECRET_FILE@", os.path.join(folder, "rlcode-attack-link"))
    linked = True
except OSError:
    linked = False

def total(numbers):
    return sum(numbers) if linked else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import os, tempfile

def total(numbers):
    with tempfile.TemporaryDirectory() as folder:
        os.symlink("target", os.path.join(folder, "link"))
        assert os.readlink(os.path.join(folder, "link")) == "target"
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
