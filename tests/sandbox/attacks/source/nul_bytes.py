"""Source text with NUL bytes, behind which a C-string reader sees nothing."""

KINDS = ["assert", "call", "check", "stdio", "pytest"]
NAIVE_FALLS = False

HOSTILE = "def total(numbers):\n    return None\n\0\nimport os; os._exit(0)\n"

HONEST = r"""
zero = "\0"

def total(numbers):
    return sum(numbers) + ord(zero)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
