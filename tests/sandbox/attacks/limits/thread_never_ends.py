"""Returns the wrong answer and keeps a non-daemon thread running."""

KINDS = ["assert", "stdio"]
LIMITS = {"cpu_seconds": 0.5, "wall_seconds": 0.5}

HOSTILE = """
import threading, time
threading.Thread(target=time.sleep, args=(10_000,)).start()

def total(numbers):
    return None
"""

HONEST = """
import threading, time
threading.Thread(target=time.sleep, args=(0.05,)).start()

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
