"""The conversation a reward model reads: a request for a program, and an answer that holds one.

The shape is AceCoder's (arXiv 2502.01718, training data of its reward models): the user asks for a self-contained
program in a markdown code block, the problem with one of its tests stands in a block, and the answer is one sentence
and the fenced program. The words are this project's own: a reward model trained on others has to be given those.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox import Test


def instruction(question: str, first_test: str = "") -> str:
    """What the user says. `first_test` is one line of Python that shows how the program is called; it may be empty."""
    problem = "\n".join(part for part in (question.strip(), first_test.strip()) if part)
    return (
        "Write a self-contained Python program that solves this problem. Give the program in a markdown code block.\n"
        f'```\n"""\n{problem}\n"""\n```'
    )


def answer(program: str) -> str:
    """What the assistant says."""
    return f"This self-contained program solves the problem and passes its tests:\n```python\n{program.strip()}\n```"


def first_test(tests: Sequence[Test]) -> str:
    """The first test as one statement for `instruction`; empty where a test is a whole file (`check`, `pytest`)."""
    if not tests:
        return ""
    test = tests[0]
    if test.kind == "assert":
        return test.code.strip()
    if test.kind == "call":
        arguments = [*map(repr, test.args), *(f"{name}={value!r}" for name, value in test.kwargs.items())]
        return f"assert {test.entry}({', '.join(arguments)}) == {test.expected!r}"
    if test.kind == "stdio":
        return f"Input:\n{test.stdin.strip()}\nOutput:\n{test.stdout.strip()}"
    return ""
