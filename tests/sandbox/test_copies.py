"""Lists and dicts that test and program both have: what one does to them the other sees, as in one process."""

from __future__ import annotations

import json

import pytest

from sandbox import Judge, Test, Verdict
from sandbox.inside.copies import Copies, number_in
from sandbox.wire import WireError

PROGRAM = """
class Log:
    def __init__(self, sink): self.sink = sink
    def write(self, line): self.sink.append(line); return len(self.sink)

class Basket:
    def __init__(self, items): self.items = list(items)
    def total(self): return sum(self.items)

class Board:
    def __init__(self): self.cells = [0, 0]
    def move(self, place): self.cells[place] = 1

def visit(items, function):
    found = []
    for item in items: function(found, item)
    return found

def fibonacci(n, cache):
    if n not in cache: cache[n] = n if n < 2 else fibonacci(n - 1, cache) + fibonacci(n - 2, cache)
    return cache[n]

def first_then_fail(items):
    items.append(1)
    raise ValueError(items)

def sort(items): items.sort(); return items
"""
TESTS = """
import pytest
from solution import Basket, Board, Log, fibonacci, first_then_fail, sort, visit

def test_what_the_program_keeps_and_fills():
    sink = []
    log = Log(sink)
    log.write("a")
    assert log.write("b") == 2 and sink == ["a", "b"]
    sink.clear()
    assert log.write("c") == 1

def test_what_the_test_changes_later():
    items = [1, 2]
    basket = Basket(items)
    items.append(4)
    assert basket.total() == 3

def test_what_the_test_changes_in_the_programs():
    board = Board()
    board.cells.append(7)
    board.move(1)
    assert board.cells == [0, 1, 7]

def test_what_a_function_of_the_tests_changes():
    assert visit([1, 2], lambda found, item: found.append(item * 2)) == [2, 4]

def test_the_same_dict_twice():
    cache = {}
    assert fibonacci(10, cache) == 55 and len(cache) == 11
    assert fibonacci(11, cache) == 89 and len(cache) == 12

def test_beside_an_exception():
    items = []
    with pytest.raises(ValueError):
        first_then_fail(items)
    assert items == [1]

def test_the_same_list_comes_back():
    items = [2, 1]
    assert sort(items) is items and items == [1, 2]
"""


def judged(judge: Judge, program: str, file: str = TESTS) -> Verdict:
    return judge.run(program, [Test("pytest", code=file)])


def test_what_either_side_changes_the_other_sees(judge: Judge) -> None:
    verdict = judged(judge, PROGRAM)
    assert verdict.passed and not verdict.weak, verdict.tests


@pytest.mark.parametrize(
    ("right", "wrong", "test"),
    [
        ("self.sink = sink", "self.sink = list(sink)", "test_what_the_program_keeps_and_fills"),
        ("self.items = list(items)", "self.items = items", "test_what_the_test_changes_later"),
        ("self.cells[place] = 1", "self.cells = [0, 1]", "test_what_the_test_changes_in_the_programs"),
        ("function(found, item)", "function(list(found), item)", "test_what_a_function_of_the_tests_changes"),
        ("if n not in cache: cache[n]", "cache = {**cache}; cache[n]", "test_the_same_dict_twice"),
        ("items.append(1)", "items = [1]", "test_beside_an_exception"),
        ("items.sort(); return items", "return sorted(items)", "test_the_same_list_comes_back"),
    ],
)
def test_a_program_that_does_not_share_or_does_not_copy_fails(judge: Judge, right: str, wrong: str, test: str) -> None:
    assert right in PROGRAM
    verdict = judged(judge, PROGRAM.replace(right, wrong))
    assert [result.name for result in verdict.tests if result.outcome != "passed"] == [test]


@pytest.mark.parametrize(
    "test",
    [
        "    board = Board()\n    cells = board.cells\n    board.move(0)\n    assert cells == [1, 0]",  # changes later
        "    kept = []\n    log = Log(kept)\n    first = keep(3)\n    second = keep(4)\n    assert first == second",
    ],
)
def test_an_answer_that_is_not_settled_is_weak(judge: Judge, test: str) -> None:
    program = PROGRAM + "\nKEPT = []\ndef keep(item): KEPT.append(item); return KEPT\n"
    verdict = judged(judge, program, f"from solution import Board, Log, keep\ndef test_a():\n{test}")
    assert verdict.passed and verdict.weak, verdict.tests


def plain(value: object) -> object:
    return json.loads(json.dumps(value))


def test_a_copy_that_only_this_side_forgot_makes_no_sense() -> None:
    one, other = Copies(0, plain, plain), Copies(1, plain, plain)
    items = [1]
    assert other.take(one.hand_over(items)) == [1]
    known = one.hand_over(items)
    assert number_in(known) == 0 and len(known) == 2
    other.drop([0])
    with pytest.raises(WireError):
        other.take(known)


def test_what_nobody_else_has_is_forgotten() -> None:
    copies = Copies(0, plain, plain)
    kept = [1]
    copies.hand_over(kept)
    copies.hand_over([2])
    assert copies.forget(but=set()) == [2]
    kept.append(3)
    assert copies.changes() == [[0, [1, 3]]]
    assert copies.changes() == []


def test_a_function_of_the_tests_that_is_called_often_costs_no_more_each_time(judge: Judge) -> None:
    program = "def order(items, key): return sorted(items, key=key)"
    test = (
        "from solution import order\ndef test_a():\n    items = [[n % 7, n] for n in range(2000)]\n"
        "    assert order(items, lambda item: item[0]) == sorted(items, key=lambda item: item[0])"
    )
    assert judged(judge, program, test).passed  # within the judge's second of CPU
