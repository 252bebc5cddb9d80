"""The rule for finding the program, on completions that SmolLM2-135M-Instruct really wrote, and on any text at all."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcode.extraction import extract_program

FENCE = "```python\n"

# (what the prompt had already written, what the model wrote, the program): sampled at temperature 1.
REAL = {
    "prefilled fence and def line, closed": (
        "```python\ndef divisible_numbers(numbers, d):",
        "\n    return [x for x in numbers if x % d == 0]\n```",
        "def divisible_numbers(numbers, d):\n    return [x for x in numbers if x % d == 0]\n",
    ),
    "a call and a print after the function": (
        "```python\ndef largest_number(numbers):",
        "\n    return max(numbers)\n\n# Test the function\nprinted_numbers = largest_number([3, 1, 2])\n"
        "print(printed_numbers)\n```",
        "def largest_number(numbers):\n    return max(numbers)\n\n# Test the function\n"
        "printed_numbers = largest_number([3, 1, 2])\nprint(printed_numbers)\n",
    ),
    "a syntax error is the model's own and stays": (
        "```python\ndef only_upper_words(words):",
        "\n    return [word[:len(word)//2] for word in words if word[len(word)//2:] is not None and "
        "word[len(word)//2:][0].isupper()]]\n```",
        "def only_upper_words(words):\n    return [word[:len(word)//2] for word in words if word[len(word)//2:] is not "
        "None and word[len(word)//2:][0].isupper()]]\n",
    ),
    "cut off in the middle of a string": (
        "```python\ndef adults(people):",
        "\n    age_list = []\n    for person in people:\n        if (person['age'] >= 18 and person['age'] >= 19):\n"
        "            age_list.append({'age': person['age']} \"\")\n        else:\n"
        "            age_list.append({person['age']: [' à  18  ,    ', ' à",
        "def adults(people):\n    age_list = []\n    for person in people:\n"
        "        if (person['age'] >= 18 and person['age'] >= 19):\n"
        "            age_list.append({'age': person['age']} \"\")\n        else:\n"
        "            age_list.append({person['age']: [' à  18  ,    ', ' à\n",
    ),
    "the end is where the stop string was": (
        "```python\ndef sum_squared_and_doubled(a, b):",
        "\n    return a + 2 * b\n\nsum_squared_and_doubled(2, 3)\n"
        "print(sum_squared_and_doubled(2, 3))  # Output: 10\n```",
        "def sum_squared_and_doubled(a, b):\n    return a + 2 * b\n\nsum_squared_and_doubled(2, 3)\n"
        "print(sum_squared_and_doubled(2, 3))  # Output: 10\n",
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_completions(name: str) -> None:
    prefill, completion, program = REAL[name]
    assert extract_program(completion, prefill) == program


def test_prose_around_a_closed_block() -> None:
    text = "Here is the function:\n\n```python\ndef f():\n    return 1\n```\n\nIt returns 1."
    assert extract_program(text) == "def f():\n    return 1\n"


def test_the_last_of_two_blocks() -> None:
    assert extract_program("```python\nx = 1\n```\nbetter:\n```python\nx = 2\n```\n") == "x = 2\n"


def test_a_closed_block_counts_more_than_one_cut_off_after_it() -> None:
    assert extract_program("```python\nx = 1\n```\nFor example:\n```python\nx = ") == "x = 1\n"


def test_an_empty_block_at_the_end_does_not_hide_the_program() -> None:
    assert extract_program("```python\nx = 1\n```\n```\n\n```") == "x = 1\n"


def test_a_block_that_was_never_closed() -> None:
    assert extract_program("Sure!\n```python\nx = 1\ny = 2") == "x = 1\ny = 2\n"


def test_bare_code() -> None:
    assert extract_program("\ndef f():\n    return 1\n\n") == "def f():\n    return 1\n"


def test_the_prefilled_line_belongs_to_the_program() -> None:
    assert extract_program("\n    return 1\n```", FENCE + "def f():") == "def f():\n    return 1\n"


def test_indentation_of_the_first_line_survives() -> None:
    assert extract_program("```\n    x = 1\n```") == "    x = 1\n"


def test_fences_inside_a_list_item() -> None:
    assert extract_program("1. First:\n   ```python\n   x = 1\n   ```\n") == "   x = 1\n"


def test_backticks_in_the_middle_of_a_line_are_no_fence() -> None:
    assert extract_program("s = '```'\nt = 1") == "s = '```'\nt = 1\n"


@pytest.mark.parametrize("completion", ["", "\n\n", "```", "```python\n```", "```python\n\n```\n"])
def test_nothing_gives_nothing(completion: str) -> None:
    assert extract_program(completion) == ""
    assert extract_program("", FENCE) == ""


LINES = st.lists(
    st.sampled_from(["x = 1", "    y = 2", "", "```", "```python", "prose", " ```", "a ``` b"]), max_size=12
)
CODE = st.lists(st.sampled_from(["x = 1", "y = [2]", "def f():\n    return 3", "# done"]), min_size=1, max_size=5).map(
    "\n".join
)
PROSE = st.text(st.characters(exclude_characters="`\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=60)


@given(LINES)
def test_a_program_is_a_part_of_the_text_without_fences(lines: list[str]) -> None:
    text = "\n".join(lines)
    program = extract_program(text)
    assert program.rstrip("\n") in text
    assert not any(line.strip().startswith("```") for line in program.splitlines())
    assert program == "" or program.strip()


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(extract_program(text), str)
    assert isinstance(extract_program(text, FENCE), str)


@given(CODE, PROSE, PROSE)
def test_prose_does_not_change_the_program(code: str, before: str, after: str) -> None:
    found = extract_program(f"{before}\n```python\n{code}\n```\n{after}")
    assert found == code + "\n"
    ast.parse(found)


@given(CODE, PROSE)
def test_what_follows_the_prefilled_block_is_not_in_it(code: str, after: str) -> None:
    assert extract_program(f"{code}\n```\n{after}", FENCE) == code + "\n"


@given(CODE)
def test_a_program_extracted_twice_stays_the_same(code: str) -> None:
    once = extract_program(f"```python\n{code}\n```")
    assert extract_program(once) == once
