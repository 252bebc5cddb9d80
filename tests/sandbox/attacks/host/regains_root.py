"""Becomes root again, or gains a capability."""

KINDS = ["assert"]

HOSTILE = """
import os
gained = []
for attempt in (lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0]), lambda: os.chown("/etc/passwd", 0, 0)):
    try:
        attempt()
        gained.append(True)
    except OSError:
        pass
capabilities = next((line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")), "0")

def total(numbers):
    return sum(numbers) if gained and int(capabilities, 16) else None
"""

HONEST = """
import os

def total(numbers):
    os.getuid()
    return sum(numbers)
"""
