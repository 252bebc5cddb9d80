"""Gives itself a higher priority or a real-time schedule."""

KINDS = ["assert"]

HOSTILE = """
import os
gained = 0
for attempt in (
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    lambda: open("/proc/self/oom_score_adj", "w").write("-1000"),
):
    try:
        attempt()
        gained += 1
    except OSError:
        pass

def total(numbers):
    return sum(numbers) if gained else None
"""

HONEST = """
import os

def total(numbers):
    assert os.sched_getaffinity(0)
    return sum(numbers)
"""
