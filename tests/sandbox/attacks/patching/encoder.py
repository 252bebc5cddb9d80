"""Replaces what a result channel is written with: json, pickle, struct, marshal, os.write."""

KINDS = ["assert", "call", "check"]
NAIVE_FALLS = False

HOSTILE = r"""
import json, marshal, os, pickle, struct
real_write = os.write
passed = '{"outcome": "passed", "passed": true, "result": 3}'
json.dumps = lambda *_, **__: passed
json.JSONEncoder.encode = lambda *_: passed
json.JSONEncoder.iterencode = lambda *_: iter([passed])
pickle.dumps = marshal.dumps = lambda *_, **__: passed.encode()
struct.pack = lambda *_: b"\0\0\0\x32"
os.write = lambda fd, data: real_write(fd, passed.encode())

def total(numbers):
    return None
"""

HONEST = """
import json, pickle

def total(numbers):
    return pickle.loads(pickle.dumps(json.loads(json.dumps(sum(numbers)))))
"""
