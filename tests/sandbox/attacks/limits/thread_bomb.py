"""Starts threads without end."""

KINDS = ["call"]
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import threading, time
while True:
    try:
        threading.Thread(target=time.sleep, args=(1000,)).start()
    except RuntimeError:
        pass
"""

HONEST = """
import threading

def total(numbers):
    threads = [threading.Thread(target=int) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(numbers)
"""
