"""Takes leases on files of the system: whoever opens one of them then waits, anywhere on the machine."""

KINDS = ["assert", "stdio"]

HOSTILE = """
import fcntl, os
taken = []
for folder in ("/usr/bin", os.path.dirname(os.__file__)):
    for name in sorted(os.listdir(folder))[:200]:
        try:
            file = open(os.path.join(folder, name), "rb")
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            taken.append(file)
            break
        except OSError:
            pass

def total(numbers):
    return sum(numbers) if taken else None

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""

HONEST = """
import fcntl

def total(numbers):
    with open("lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
