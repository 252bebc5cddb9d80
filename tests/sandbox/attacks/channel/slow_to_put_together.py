"""Sends distinct numbers with distinct hashes that all look for room in a dict along the same places: n**2 steps."""

KINDS = ["call", "assert", "check"]
HOSTILE = r"""
import os, struct

def keys(bits):
    size = 1 << bits
    block, mask = size * 6 // 10, size - 1
    taken, slot, places = [], 0, bytearray(size)  # 1: in the block of taken places, 2: near its beginning
    for place in range(block):
        taken.append(slot)
        places[slot] = 2 if place < block // 3 else 1
        slot = (5 * slot + 1) & mask
    more, number = [], 4 * size
    while len(more) < size * 2 // 3 - 10 - block:
        number += 1
        rest, slot = number, number & mask
        while rest and places[slot]:
            rest >>= 5
            slot = (5 * slot + rest + 1) & mask
        if not rest and places[slot] == 2:
            more.append(number)
    return taken + more

def total(numbers):
    body = b'{"value":["D",' + b",0,".join(b"%d" % key for key in keys(16)) + b',0]}'
    data = (struct.pack("<I", len(body)) + body) * 20
    while data:
        data = data[os.write(4, data):]
    os._exit(0)
"""
HONEST = r"""
def total(numbers):
    return sum(numbers)
"""
NAIVE_FALLS = False
