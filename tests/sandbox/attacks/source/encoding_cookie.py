"""A coding comment under which a file means something else than the text the judge looked at."""

KINDS = ["assert", "stdio", "pytest"]
NAIVE_FALLS = False

HOSTILE = "# -*- coding: utf-7 -*-\ndef total(numbers): return None\n# +AAo-import os; os._exit(0)\n"

HONEST = """
# -*- coding: utf-8 -*-
names = {"Zoë": 0, "日本": 0}

def total(numbers):
    return sum(numbers) + sum(names.values())

if __name__ == "__main__":
    print(total(map(int, input().split())))
"""
