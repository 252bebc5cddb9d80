"""Five megabytes of source."""

KINDS = ["assert", "stdio"]
NAIVE_FALLS = False

HOSTILE = "\n".join(f"def f{n}(a, b=[{n}]): return [a, b, {n}]" for n in range(100_000)) + "\ntotal = f1\n"

HONEST = (
    "# " + "x" * 500_000 + "\ndef total(numbers):\n    return sum(numbers)\n"
    "if __name__ == '__main__':\n    print(total(map(int, input().split())))\n"
)
