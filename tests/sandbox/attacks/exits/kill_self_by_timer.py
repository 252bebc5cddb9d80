"""Has a timer kill its own process: a judge that takes the SIGKILL for a failure of the machine gives no verdict."""

KINDS = ["assert", "stdio"]
NAIVE_FALLS = False

HOSTILE = """
import ctypes, signal, time

class Event(ctypes.Structure):
    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("how", ctypes.c_int), ("rest", ctypes.c_int * 9)]

class Times(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every", "every_ns", "first", "first_ns")]

libc, timer = ctypes.CDLL(None), ctypes.c_int()
if libc.syscall(222, 1, ctypes.byref(Event(None, signal.SIGKILL, 0)), ctypes.byref(timer)) == 0:
    libc.syscall(223, timer, 0, ctypes.byref(Times(0, 0, 0, 1)), None)
    time.sleep(0.1)
print("alive")
"""

HONEST = """
import signal

rung = []
signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.001)
while not rung:
    pass

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
