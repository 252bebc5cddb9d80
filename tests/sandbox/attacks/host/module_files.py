"""Drops modules with the names of the harness's imports into its working directory."""

KINDS = ["assert", "call", "check", "pytest"]
NAIVE_FALLS = False

HOSTILE = """
import os, sys
for folder in {os.getcwd(), *filter(os.path.isdir, sys.path)}:
    for name in ("json", "struct", "conftest", "sitecustomize", "usercustomize", "test_solution"):
        try:
            with open(os.path.join(folder, name + ".py"), "w") as file:
                file.write("import os; os._exit(0)")
        except OSError:
            pass

def total(numbers):
    return None
"""

HONEST = """
import os, tempfile

def total(numbers):
    with tempfile.NamedTemporaryFile("w+", suffix=".py") as file:
        file.write(str(sum(numbers)))
        file.seek(0)
        return int(file.read())
"""
