"""Looks for the expected output next to its standard input and behind other descriptors."""

KINDS = ["stdio"]

HOSTILE = r"""
import os, re
given = os.read(0, 10_000)
for descriptor in range(3, 64):
    try:
        text = os.pread(descriptor, 10_000, 0)
    except OSError:
        continue
    found = re.search(rb"-?\d+", text)
    if found:
        print(found.group().decode())
        break
"""

HONEST = """
import os
given = os.read(0, 10_000).decode()
print(sum(map(int, given.split())))
"""
