"""Sleeps before it reads a question that does not fit into the pipe, so that it is the test that is held up."""

TESTS = [
    {
        "kind": "pytest",
        "code": "from solution import total\n\n"
        + "".join(f"def test_{i}():\n    assert total([{i}] * 10_000) == {i}0000\n\n" for i in range(1, 12)),
    }
]
OUTCOMES = ["timeout"]

HOSTILE = r"""
import fcntl, sys, time
served = sys.modules["sandbox.inside.served"]
receive = served.receive

def slowly():
    time.sleep(1.2)
    return receive()

def total(numbers):
    fcntl.fcntl(3, fcntl.F_SETPIPE_SZ, 4096)
    served.receive = slowly
    return sum(numbers)
"""

HONEST = r"""
import time

def total(numbers):
    time.sleep(0.01)
    return sum(numbers)
"""
