"""Gates: which rows are kept, and what is said of the others."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlcode.problems import Problem, save_problems
from rlcode.synthesis.contamination import Benchmarks, uncontaminated
from rlcode.synthesis.duplicates import KeyIndex, minhash, unique_questions
from rlcode.synthesis.gates import gates
from rlcode.synthesis.rejection import Gate
from rlcode.synthesis.selection import hard_quarter, of_known_origin
from rlcode.synthesis.settings import GatesConfig
from rlcode.synthesis.words import grams_of, words_of
from sandbox import Test

LONG = (
    "Given a list of the prices of a stock on consecutive days, write a function that returns the largest profit that "
    "can be made by buying one share on one day and selling it on a later day. If no profit can be made the function "
    "returns zero. You may assume that the list has at least two prices, each of them a positive whole number."
)


def row(name: str, prompt: str, reference: str | None = None) -> dict[str, Any]:
    return {"id": name, "prompt": prompt, "reference": reference}


def verdicts(gate: Gate, rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {item["id"]: f"{why.reason} {why.detail}" if why else "" for item, why in gate(rows)}


def test_of_equal_questions_the_first_is_kept_and_the_others_name_it() -> None:
    rows = [row("a", "Add two numbers."), row("b", "Write a poem."), row("c", "add two  numbers")]
    assert verdicts(unique_questions(), rows) == {"a": "", "b": "", "c": "the same question as a"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Return a + b of two numbers.", "Return a * b of two numbers."),
        ("Return a + b of two numbers.", "Return a - b of two numbers."),
        ("Count numbers with x < 10.", "Count numbers with x >= 10."),
        ("Return -1 if there is none.", "Return 1 if there is none."),
    ],
)
def test_by_operators_and_signs_questions_differ(one: str, other: str) -> None:
    assert verdicts(unique_questions(), [row("a", one), row("b", other)]) == {"a": "", "b": ""}


def test_a_question_with_a_few_words_changed_is_nearly_the_same() -> None:
    rows = [row("a", LONG), row("b", LONG.replace("positive whole number", "positive integer")), row("c", LONG[::-1])]
    found = verdicts(unique_questions(), rows)
    assert found["b"].startswith("nearly the same question as a, similarity 0.")
    assert found["a"] == found["c"] == ""


def test_references_that_differ_in_layout_only_are_the_same_program() -> None:
    rows = [
        row("a", "One thing.", "def f(x):\n    return x + 1\n"),
        row("b", "Other words.", "def f(x): return x+1  # one\n"),
    ]
    assert verdicts(unique_questions(), rows)["b"] == "the same program as a"
    assert verdicts(unique_questions(references=False), rows)["b"] == ""


def test_twins_are_found_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcode.synthesis.duplicates.ROWS_PER_BLOCK", 2)
    rows = [row(str(number), " ".join(f"word{number * word}" for word in range(9))) for number in (2, 3, 5, 7, 11)]
    again = [row(f"again {item['id']}", item["prompt"].upper()) for item in rows]
    found = verdicts(unique_questions(), [*rows, *again])
    assert all(found[item["id"]].startswith("the same question as") for item in again)


def test_equal_values_estimate_the_share_of_common_runs() -> None:
    words = [str(number) for number in range(400)]
    first, second = minhash(grams_of([words[:300], words[100:]], 1))
    assert np.mean(first == second) == pytest.approx(200 / 400, abs=0.2)  # standard error 0.065


def test_an_index_gives_the_first_number_of_a_key() -> None:
    index = KeyIndex()
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 500, 3000, dtype=np.uint64)
    for start in range(0, 3000, 100):
        index.add(keys[start : start + 100], np.arange(start, start + 100, dtype=np.int32))
    expected = [int(np.flatnonzero(keys == key)[0]) for key in keys]
    assert index.find(keys).tolist() == expected


def test_a_question_that_shares_words_with_humaneval_is_reported_with_them() -> None:
    text = "Check if in given list of numbers, are any two numbers closer to each other than given threshold. Be quick."
    gate = uncontaminated(Benchmarks({"HumanEval": "humaneval"}))
    found = verdicts(gate, [row("a", text), row("b", LONG)])
    assert found["a"].startswith(
        "shares words with a benchmark HumanEval HumanEval/0: 'check if in given list of numbers"
    )
    assert found["b"] == ""


def test_a_short_benchmark_question_is_looked_for_as_a_whole(tmp_path: Path) -> None:
    short = Problem("m/1", "Reverse the words of text.", [Test("assert", code="assert f('a') == 'a'")])
    save_problems([short], tmp_path / "bench.jsonl")
    benchmarks = Benchmarks({"mine": str(tmp_path / "bench.jsonl")})
    assert [hit.words for hit in benchmarks.hits("Please reverse the words of text, at once")] == [
        "reverse the words of text"
    ]
    assert benchmarks.hits("reverse the words of a text") == []


def test_the_hard_quarter_is_hard_and_has_programs_that_differ() -> None:
    rates = {"easy": [1.0, 1.0], "easier": [0.9, 1.0], "never": [0.0, 0.0], "mixed": [0.0, 0.9]}
    found = verdicts(hard_quarter(rates), [row(name, "?") for name in [*rates, "unknown"]])
    assert {name for name, why in found.items() if not why} == {"mixed"}
    assert found["never"].startswith("programs too much alike")
    assert found["unknown"].startswith("no sampled programs")


def test_a_row_must_say_where_it_comes_from() -> None:
    rows = [{"id": "a", "source": "x", "license": "MIT"}, {"id": "b", "source": "x"}, {"id": "c", "license": ""}]
    assert verdicts(of_known_origin, rows) == {
        "a": "",
        "b": "origin unknown no license",
        "c": "origin unknown no source and no license",
    }


def test_rows_of_unknown_origin_are_rejected_where_asked_for() -> None:
    names = [name for name, _ in gates(GatesConfig(known_origin=True, benchmarks={}))]
    assert names == ["of_known_origin", "deduplicated"]


def test_words_are_the_same_with_other_punctuation() -> None:
    assert words_of("Add, two  Numbers!") == words_of("add two numbers")
