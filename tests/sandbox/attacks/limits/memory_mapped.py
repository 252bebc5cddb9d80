"""Maps memory lazily and touches it from several threads."""

KINDS = ["call"]

HOSTILE = """
import mmap, threading

def hoard():
    kept = []
    while True:
        area = mmap.mmap(-1, 1 << 26)
        for offset in range(0, len(area), 4096):
            area[offset] = 1
        kept.append(area)

def total(numbers):
    threads = [threading.Thread(target=hoard) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""

HONEST = """
import mmap

def total(numbers):
    with mmap.mmap(-1, 1 << 20) as area:
        area[0] = sum(numbers) % 256
        return sum(numbers)
"""
