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


def beyond(*calls: tuple[Any, ...], bold: bool = False, reference: str = ANY, text: str = "") -> list[tuple[Any, ...]]:
    found = grow_inputs(calls, reference, text, draws=240, seed=0, reach=2 if bold else 1)
    assert found
    return found


def test_beyond_the_seen_values_there_are_larger_numbers_and_smaller_ones_but_no_other_signs() -> None:
    numbers = {number for (number,) in beyond((5,), (17,), (40,))}
    assert max(numbers) > 40 and min(numbers) == 1
    assert min(number for (number,) in beyond((0,), (17,), (40,))) == 1  # 0 was seen
    assert min(number for (number,) in beyond((-3,), (17,), (40,))) < -3


def test_only_the_bold_reach_has_zero_and_negative_items() -> None:
    calls = [([3, 1, 2],), ([9, 9],), ([4, 5, 6, 7],)]
    assert all(number > 0 for (items,) in beyond(*calls) for number in items)
    assert any(number < 0 for (items,) in beyond(*calls, bold=True) for number in items)
    assert 0 in {number for (number,) in beyond((5,), (17,), (40,), bold=True)}


def test_beyond_the_seen_values_there_are_longer_lists_and_single_items_but_no_empty_ones() -> None:
    lengths = {len(items) for (items,) in beyond(([3, 1, 2],), ([4, 5, 7],), ([4, 8, 1],), bold=True)}
    assert min(lengths) == 1 and max(lengths) > 3


def test_beyond_the_seen_characters_there_are_others_of_their_case_but_closed_alphabets_stay() -> None:
    letters = {letter for (text,) in beyond(("python",), ("hop",), ("tony",)) for letter in text}
    assert letters > set("python") and "".join(letters).islower()
    assert all(set(text) <= set("01") for (text,) in beyond(("1101",), ("100",), ("1010101",)))


@pytest.mark.parametrize(
    ("calls", "text", "allowed"),
    [
        ([([1, 2, 3],), ([4, 5, 6, 1],)], "The largest number that the digits form.", range(10)),
        ([(6,), (2,), (11,)], "Months are given as numbers from 1 to 12.", range(1, 13)),
        ([(6,), (2,), (11,)], "A month, which is at most twelve.", range(1, 13)),
        ([([6, 3],), ([2, 9],), ([11],)], "Numbers, where 2 <= numbers[i] <= 12.", range(2, 13)),
        ([(6,), (3,), (11,)], "A number of at least 3.", range(3, 12)),
    ],
)
def test_numbers_stay_in_a_range_that_the_text_gives(calls: list[tuple[Any, ...]], text: str, allowed: range) -> None:
    for (value,) in beyond(*calls, bold=True, text=text):
        assert set(value if isinstance(value, list) else [value]) <= set(allowed)


def test_beyond_the_seen_values_an_order_is_kept_where_the_text_has_a_word_for_it() -> None:
    calls = [([1, 4, 9],), ([2, 3, 5, 8],), ([1, 7],)]
    assert all(items == sorted(items) for (items,) in beyond(*calls, text="A sorted list."))
    assert any(items != sorted(items) for (items,) in beyond(*calls))


def test_lists_cut_to_one_length_are_told_their_new_length() -> None:
    found = beyond(([1, 2], [3, 1], 2), ([4, 4, 1], [2, 1, 9], 3), ([5, 6, 2, 7], [1, 1, 2, 3], 4))
    assert all(len(left) == len(right) == count for left, right, count in found)
    assert {1, 2, 3, 4} < {count for _, _, count in found}


def test_a_part_of_one_text_may_be_what_is_looked_for_in_it() -> None:
    found = beyond((["black", "white"], "hit"), (["green", "orange"], "abc"), (["red", "blue"], "xyz"))
    assert any(word.startswith(part) for words, part in found for word in words)


def test_what_is_taken_from_another_argument_has_the_form_of_its_place() -> None:
    calls = [(((1, 3), (4, 5)), ((6, 7), (3, 9))), (((2, 4), (5, 6)), ((7, 8), (4, 1))), (((1, 1),), ((2, 2),))]
    assert all(type(item) is tuple for args in beyond(*calls) for value in args for item in value)
    kept = beyond(("12/05/2020", "0"), ("01/11/1999", "3"), ("11/11/2011", "7"))
    assert {date for date, _ in kept} <= {"12/05/2020", "01/11/1999", "11/11/2011"}


def test_a_pair_that_was_always_in_order_stays_a_pair_in_order() -> None:
    calls = [((0, 10), (5, 20)), ((540, 600), (570, 660)), ((0, 30), (40, 50))]
    found = [args for reach in range(3) for args in grow_inputs(calls, ANY, "", 240, 0, reach)]
    assert found and all(len(pair) == 2 and pair[0] < pair[1] for args in found for pair in args)
    assert any(left[0] > right[0] for left, right in found)  # but which of the two is the later one may be chance


def test_graphs_stay_closed_and_tables_in_the_order_of_their_first_column() -> None:
    calls = [({"a": [], "b": ["a"]},), ({"a": ["b"], "b": [], "c": ["a"]},), ({"x": [], "y": ["x"]},)]
    graphs = [graph for reach in range(3) for (graph,) in grow_inputs(calls, ANY, "", 240, 0, reach)]
    assert graphs and all(set(there) <= set(graph) for graph in graphs for there in graph.values())
    tables = [([(100, 0.1), (200, 0.2)],), ([(100, 0.1), (300, 0.3)],), ([(50, 0.4)],)]
    found = [table for (table,) in grow_inputs(tables, ANY, "Limits in ascending order.", 240, 0, reach=1)]
    assert any(len(table) > 1 for table in found)
    assert all([limit for limit, _ in table] == sorted({limit for limit, _ in table}) for table in found)


def test_tuples_that_always_had_one_length_keep_it() -> None:
    found = grow_inputs([((3, 1, 2),), ((9, 4, 4),), ((5, 6, 1),)], ANY, "", 240, 0, reach=1)
    assert found and {len(items) for (items,) in found} == {3}


def test_beyond_the_seen_values_tables_need_not_be_square_nor_the_first_argument_the_shorter_one() -> None:
    tables = grow_inputs(
        [([[1, 2], [3, 4]],), ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],)], ANY, "Rotate it.", 240, 0, reach=1
    )
    assert any(len(table) != len(table[0]) for (table,) in tables)
    square = grow_inputs([([[1, 2], [3, 4]],), ([[1]],)], ANY, "Rotate a square.", 240, 0, reach=1)
    assert all(len(table) == len(table[0]) for (table,) in square)
    texts = grow_inputs([("abc", "pqr"), ("ab", "pqrs")], ANY, "", 240, 0, reach=1)
    assert any(len(left) > len(right) for left, right in texts)


def test_zero_and_nothing_come_early_where_the_text_has_the_word() -> None:
    def beyond(*calls: tuple[Any, ...], text: str) -> list[Any]:
        return [value for (value,) in grow_inputs(calls, ANY, text, 240, 0, reach=1)]

    assert 0 in beyond((3,), (8,), text="A non-negative number.") and 0 not in beyond((3,), (8,), text="A number.")
    lists = ([3, 8],), ([9],)
    assert [] in beyond(*lists, text="Of an empty list it is 0.")
    assert [] not in beyond(*lists, text="A non-empty list.") and [] not in beyond(*lists, text="It is not empty.")


def test_a_number_inside_another_argument_is_taken_for_one() -> None:
    calls = [(100, [("in", 57), ("out", 33)]), (10, [("out", 21)])]
    assert any(args[0] in (57, 33, 21) for args in grow_inputs(calls, ANY, "", 240, 0, reach=1))


def test_a_length_stays_that_the_text_names() -> None:
    phones = [("0301234567",), ("5551234567",), ("9876543210",)]
    assert all(len(digits) == 10 for (digits,) in beyond(*phones, bold=True, text="A phone number of ten digits."))
    assert any(len(digits) != 10 for (digits,) in beyond(*phones, text="A phone number."))


def test_digits_stay_below_a_number_that_they_were_always_below() -> None:
    found = beyond(("101", 2), ("777", 8), ("42", 10), text="The base is at most 10.")
    assert found and all(int(max(digits)) < base for digits, base in found)


def test_sides_of_a_triangle_stay_such_where_the_text_has_the_word() -> None:
    calls = [(3, 4, 5), (2, 2, 2), (4, 5, 5)]
    assert all(2 * max(sides) < sum(sides) for sides in beyond(*calls, bold=True, text="The sides of a triangle."))
    assert any(2 * max(sides) >= sum(sides) for sides in beyond(*calls, text="Three numbers."))


def test_numbers_that_may_be_places_are_never_negative() -> None:
    graphs = grow_inputs([(3, [(0, 1), (1, 2)]), (4, [(0, 1), (2, 3)])], ANY, "", 240, 0, reach=2)
    assert graphs and all(node >= 0 for _, edges in graphs for edge in edges for node in edge)
    sums = grow_inputs([(3, [4, 1]), (9, [5, 4, 2])], ANY, "", 240, 0, reach=2)
    assert any(number < 0 for _, numbers in sums for number in numbers)
