"""A background thread ends the process with status 0 while the test runs."""

KINDS = ["assert", "call", "check"]

HOSTILE = """
import os, threading, time
threading.Timer(0.05, os._exit, (0,)).start()

def total(numbers):
    time.sleep(1)
    return None
"""

HONEST = """
import threading
answers = []

def total(numbers):
    worker = threading.Thread(target=lambda: answers.append(sum(numbers)))
    worker.start()
    worker.join()
    return answers.pop()
"""
