"""Replaces itself again and again, so that a timer bound to the process image starts over."""

KINDS = ["stdio"]
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import os, sys
program = "import os, sys; os.execv(sys.executable, [sys.executable, '-S', '-c', sys.argv[1], sys.argv[1]])"
os.execv(sys.executable, [sys.executable, "-S", "-c", program, program])
"""

HONEST = """
print(sum(map(int, input().split())))
"""
