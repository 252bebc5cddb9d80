"""Grown inputs stay what the seen ones are."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from rlcode.synthesis.inputs import grow_inputs

ANY = "def f(*args): return args"


def grown(*calls: tuple[Any, ...], reference: str = ANY, text: str = "") -> list[tuple[Any, ...]]:
    found = grow_inputs(calls, reference, text, draws=240, seed=0)
    assert found
    assert not set(map(repr, found)) & set(map(repr, calls))
    return found


def test_the_same_seed_gives_the_same_inputs() -> None:
    calls = [([3, 1, 2],), ([9, 9],), ([4, 5, 6, 7],)]
    assert grow_inputs(calls, ANY, "", 120, seed=3) == grow_inputs(calls, ANY, "", 120, seed=3)


def test_the_inputs_do_not_hang_on_which_modules_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [(5,), (40_000,), (99_999,)]
    before = grow_inputs(calls, ANY, "", 240, seed=0)
    (tmp_path / "loaded_later.py").write_text(f"NUMBERS = {list(range(100, 90_000, 777))}")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("loaded_later")
    assert grow_inputs(calls, ANY, "", 240, seed=0) == before


def test_numbers_stay_between_the_smallest_and_the_largest_seen() -> None:
    assert all(5 <= number <= 40 for (number,) in grown((5,), (17,), (40,)))


def test_fractions_have_no_more_digits_than_seen() -> None:
    assert all(round(number, 2) == number for (number,) in grown((0.25,), (3.5,), (2.75,)))


def test_lists_that_were_always_sorted_stay_sorted() -> None:
    assert all(items == sorted(items) for (items, _) in grown(([1, 4, 9], 4), ([2, 3, 5, 8], 5), ([0, 7], 7)))


def test_a_value_that_was_always_in_the_list_stays_in_it() -> None:
    assert all(value in items for (items, value) in grown(([1, 4, 9], 4), ([2, 3, 5, 8], 5), ([0, 7], 7)))


def test_lists_of_equal_length_stay_so() -> None:
    calls = [([1, 2], [3, 1]), ([4, 4, 1], [2, 1, 9]), ([5], [0])]
    assert all(len(left) == len(right) for left, right in grown(*calls))


def test_an_index_stays_below_the_length() -> None:
    assert all(index < len(items) for items, index in grown(([1, 5, 2], 1), ([7, 7, 4, 2], 3), ([6, 8], 0)))


def test_rows_of_a_table_stay_of_one_length() -> None:
    calls = [([[1, 2], [3, 4], [0, 1]],), ([[5, 6, 7], [8, 9, 9]],), ([[4], [2]],)]
    assert all(len({len(row) for row in table}) == 1 for (table,) in grown(*calls))


def test_text_has_only_characters_that_were_seen() -> None:
    assert all(set(text) <= set("python") for (text,) in grown(("python",), ("hop",), ("tony",)))


def test_brackets_that_were_always_balanced_stay_balanced() -> None:
    for (text,) in grown(("(())",), ("()",), ("(()())",), ("()()",)):
        assert text.count("(") == text.count(")")
        assert not text.startswith(")")


def test_records_keep_a_type_for_each_place() -> None:
    calls = [([("ann", 3), ("bob", 5)],), ([("cid", 4)],), ([("dan", 9), ("eve", 1), ("fay", 2)],)]
    for (people,) in grown(*calls):
        assert all(isinstance(name, str) and isinstance(age, int) for name, age in people)


@pytest.mark.parametrize("values", [("12/05/2020", "01/11/1999"), ("MMXX", "IX", "XIV"), ("a@b.de", "who@where.org")])
def test_text_of_a_form_that_is_not_known_is_not_altered(values: tuple[str, ...]) -> None:
    calls = [(value, count) for count, value in enumerate(values, start=2)]
    assert {text for text, _ in grown(*calls, (values[0], 9))} <= set(values)


def test_names_that_the_reference_knows_are_not_altered() -> None:
    reference = "def f(month, year): return 28 if month == 'February' else 31"
    months = {month for month, _ in grown(("February", 3), ("March", 4), ("May", 9), reference=reference)}
    assert months <= {"February", "March", "May"}


def test_numbers_of_binary_digits_stay_so_where_the_text_speaks_of_them() -> None:
    found = grown((1101,), (100,), (1010101,), text="Convert a binary number to its decimal form.")
    assert all(set(str(number)) <= {"0", "1"} for (number,) in found)
