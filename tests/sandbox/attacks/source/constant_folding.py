"""Has the compiler compute constants, each as large as the folder allows, without running anything."""

KINDS = ["assert", "stdio"]

HOSTILE = "x = [\n" + "\n".join(f"({n} ** 30) ** 4, 'x' * 4096, (0,) * 200," for n in range(20_000)) + "\n]\n"

HONEST = """
SECONDS_A_YEAR = 365 * 24 * 60 * 60
LINE = "-" * 1000

def total(numbers):
    return sum(numbers)

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
