"""Has many short-lived children burn the CPU time that it may not burn itself."""

KINDS = ["stdio"]
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import os
while True:
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        for _ in range(10 ** 6):
            pass
        os._exit(0)
    os.waitpid(child, 0)
print("free CPU time")
"""

HONEST = """
for _ in range(10 ** 5):
    pass
print(sum(map(int, input().split())))
"""
