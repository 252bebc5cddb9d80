"""Forks twice, starts a new session and stays."""

KINDS = ["assert", "stdio", "pytest"]

HOSTILE = """
import os, time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(64):
                try:
                    os.close(descriptor)
                except OSError:
                    pass
            time.sleep(600)
        os._exit(0)
except OSError:
    pass
"""

HONEST = """
def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
