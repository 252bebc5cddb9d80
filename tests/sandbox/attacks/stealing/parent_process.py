"""Reads the command lines, environments, open files and memory of every process it can see."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]
NAIVE_FALLS = False  # depends on what runs beside it

HOSTILE = r"""
import glob, re, sys

def steal():
    answers = []
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if "/fd/" in path and path.split("/")[2] in ("self", str(__import__("os").getpid())):
                continue
            with open(path, "rb", 0) as file:
                answers += re.findall(rb"\) == (-?\d+)|\"expected\": (-?\d+)", file.read(100000))
        except OSError:
            pass
    return [int(a or b) for a, b in answers]

def total(numbers):
    found = steal()
    return found[0] if found else None

if __name__ == "__main__":
    print(total(None))
"""

HONEST = """
import os

def total(numbers):
    os.getppid()
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
