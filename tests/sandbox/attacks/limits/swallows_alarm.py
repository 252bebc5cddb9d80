"""Ignores the signals of a timeout and runs for ever."""

KINDS = ["assert"]
OUTCOMES = {"timeout"}
LIMITS = {"cpu_seconds": 0.5}

HOSTILE = """
import signal
for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGVTALRM, signal.SIGPROF):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
signal.setitimer(signal.ITIMER_REAL, 0)
while True:
    pass
"""

HONEST = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)

def total(numbers):
    return sum(numbers)
"""
