"""What a reward model is given to read."""

from __future__ import annotations

import pytest

from reward.conversation import answer, first_test, instruction
from rlcode.extraction import extract_program
from sandbox import Test


def test_the_answer_holds_the_program_where_a_reader_finds_it() -> None:
    program = "def add(a, b):\n    return {a} | {b}\n"
    assert extract_program(answer(program)) == program


def test_the_question_and_its_test_stand_in_the_request() -> None:
    text = instruction("Add two numbers.\n", "assert add(1, 2) == 3\n")
    assert "Add two numbers.\nassert add(1, 2) == 3\n" in text


@pytest.mark.parametrize(
    ("test", "shown"),
    [
        (Test("assert", code="assert add(1, 2) == 3\n"), "assert add(1, 2) == 3"),
        (Test("call", entry="add", args=[1], kwargs={"b": "x"}, expected=None), "assert add(1, b='x') == None"),
        (Test("stdio", stdin="1 2\n", stdout="3\n"), "Input:\n1 2\nOutput:\n3"),
        (Test("check", code="def check(candidate): ...", entry="add"), ""),
        (Test("pytest", code="def test_add(): ..."), ""),
    ],
)
def test_the_first_test_is_shown_as_text(test: Test, shown: str) -> None:
    assert first_test([test, Test("assert", code="assert False")]) == shown
