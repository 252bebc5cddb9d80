"""Breaks out of the text it is pasted into: an open string, a trailing backslash, a dedent."""

KINDS = ["assert", "check", "pytest", "stdio"]
NAIVE_FALLS = False

HOSTILE = "total = None\nr = '''\n"

HONEST = """
name = '''It's "quoted"'''
def total(numbers):
    return sum(numbers)
if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
