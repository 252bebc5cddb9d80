"""Allocates without end."""

KINDS = ["assert", "stdio"]
OUTCOMES = {"memory"}
LIMITS = {"memory_mb": 64}  # reached before the CPU time is, also where pages are slow to come

HOSTILE = """
hoard = []
while True:
    hoard.append(bytearray(1 << 24))
"""

HONEST = """
hoard = bytearray(1 << 25)

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
