"""Searches its heap and memory for what an earlier program of the same slot left there."""

KINDS = ["assert", "call"]
NAIVE_FALLS = False
LIMITS = {"cpu_seconds": 4, "wall_seconds": 6}

HOSTILE = r"""
import gc, re

notes = sum(type(thing) is list and thing[:1] == ["note-" + str(7)] for thing in gc.get_objects())
try:
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" in line and end - start < 2 ** 26:
                memory.seek(start)
                notes += len(re.findall(rb"note-[0-9]{3}", memory.read(end - start)))
except OSError:
    pass

def total(numbers):
    return sum(numbers) if notes > 100 else None
"""

HONEST = """
def total(numbers):
    return sum(numbers)
"""

ACCOMPLICE = """
notes = [f"note-{number}" for number in range(7, 1000)] + [b"note-%d" % number for number in range(1000)]

def total(numbers):
    return sum(numbers)
"""
