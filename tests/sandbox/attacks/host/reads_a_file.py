"""Reads a file of the user who started the judge."""

KINDS = ["assert", "call", "stdio", "pytest"]

HOSTILE = """
def secret():
    try:
        with open("@SECRET_FILE@") as file:
            return file.read() == "secret"
    except OSError:
        return False

def total(numbers):
    return sum(numbers) if secret() else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import json

def total(numbers):
    with open(json.__file__) as file:
        assert file.read()
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
