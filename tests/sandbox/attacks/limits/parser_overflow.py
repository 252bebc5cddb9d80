"""Nests parentheses and operators deeper than a parser can follow."""

KINDS = ["assert", "stdio", "pytest"]

HOSTILE = "x = " + "(" * 100_000 + "1" + ")" * 100_000

HONEST = """
def total(numbers):
    return ((((((((((sum(numbers)))))))))))

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
