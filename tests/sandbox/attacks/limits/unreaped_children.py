"""Spends its CPU time in children that nobody waits for, so that their time is in no process's account."""

KINDS = ["stdio"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 30.0, "processes": 4}

HOSTILE = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
try:
    for _ in range(40):
        if os.fork() == 0:
            begun = time.process_time()
            while time.process_time() - begun < 0.1:
                pass
            os._exit(0)
        try:
            os.wait()
        except ChildProcessError:
            pass
    print(sum(map(int, input().split())))
except OSError:
    print("no children here")
"""

HONEST = """
import os
try:
    if os.fork() == 0:
        os._exit(0)
    os.wait()
except OSError:
    pass
print(sum(map(int, input().split())))
"""
