"""Growing with the real sandbox."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reward.rows import RowError
from reward.schema import JudgedSample, write_samples
from reward.settings import ConfigError, parse_config
from rlcode.config import GrowConfig
from rlcode.problems import Problem, load_problems, save_problems
from rlcode.synthesis.cover import small_cover
from rlcode.synthesis.examples import read_examples
from rlcode.synthesis.grow import failures, grow
from rlcode.synthesis.grow_job import grow_problems
from rlcode.synthesis.oracle import Oracle
from sandbox import Test

LARGEST = "def largest(items):\n    best = items[0]\n    for item in items:\n        if item > best:\n            best = item\n    return best\n"  # noqa: E501
WEAK = [([3, 8, 5], 8), ([9, 1], 9), ([2, 7, 7, 4], 7)]


def problem(reference: str = LARGEST, tests: list[tuple[list[int], int]] = WEAK, name: str = "p") -> Problem:
    calls = [Test("call", entry="largest", args=[args], expected=value) for args, value in tests]
    return Problem(name, "The largest of some numbers.", calls, "largest", reference=reference)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle(1) as oracle:
        yield oracle


def test_programs_that_pass_weak_tests_fail_the_grown_ones(oracle: Oracle) -> None:
    wrong = "def largest(items):\n    return max(items[:3])\n"  # no test has its largest number further back
    growth = grow(problem(), oracle, draws=240, fill=True)
    assert failures(oracle, [wrong], growth.problem.tests[:3]) == [frozenset()]
    assert failures(oracle, [wrong], growth.problem.tests) != [frozenset()]


def test_another_right_program_passes_every_grown_test(oracle: Oracle) -> None:
    growth = grow(problem(), oracle, draws=240, fill=True)
    assert growth.problem.tests[:3] == problem().tests
    assert failures(oracle, ["def largest(items):\n    return sorted(items)[-1]\n"], growth.problem.tests) == [
        frozenset()
    ]


def test_the_smallest_set_does_what_a_filled_one_does_for_the_programs_at_hand(oracle: Oracle) -> None:
    samples = [f"def largest(items):\n    return max(items[:{number}])\n" for number in (2, 3, 4, 5)]
    smallest, filled = (grow(problem(), oracle, samples, draws=240, fill=fill) for fill in (False, True))
    assert smallest.before is not None and smallest.after is not None and filled.after is not None
    assert smallest.before.tests < smallest.after.tests < filled.after.tests == 3 + 20
    assert smallest.after == smallest.smallest == filled.smallest
    assert replace(filled.after, tests=smallest.after.tests) == smallest.after
    assert smallest.after.samples_rejected == 4 and smallest.after.pairs_told_apart == 6
    assert filled.problem.tests[: smallest.after.tests] == smallest.problem.tests


def test_inputs_reach_further_only_for_what_is_still_alive(oracle: Oracle) -> None:
    plain = replace(problem(), reference="def largest(items):\n    return max(items)\n")
    wrong = "def largest(items):\n    return max(items) if {right_where} else 0\n"
    within, beyond, bold = (
        wrong.format(right_where=condition) for condition in ("items[0] != 4", "len(items) < 9", "min(items) >= 0")
    )

    def added(*samples: str, fill: bool = False) -> list[list[int]]:
        return [test.args[0] for test in grow(plain, oracle, samples, draws=240, fill=fill).problem.tests[3:]]

    assert [set(items) <= set(range(1, 10)) and len(items) <= 4 for items in added(within)] == [True]
    assert any(len(items) >= 9 for items in added(within, beyond))
    assert [min(items) < 0 for items in added(bold)] == [True]
    assert [min(items) < 0 for items in added(bold, fill=True)].count(True) == 1


def test_samples_that_fail_alike_are_told_apart(oracle: Oracle) -> None:
    samples = [
        "def largest(items):\n    return 0\n",
        "def largest(items):\n    return max(items) if items[0] == 5 else 0\n",
    ]
    growth = grow(problem(), oracle, samples, draws=240)
    assert growth.before is not None and growth.after is not None
    assert (growth.before.pairs_told_apart, growth.after.pairs_told_apart) == (0, 1)


def test_a_cover_has_nothing_that_the_rest_makes_up_for() -> None:
    greedy_first, left, right = {2, 3, 4, 5}, {1, 2, 3}, {4, 5, 6}
    assert small_cover([greedy_first, left, right], [1, 1, 1]) == [1, 2]
    assert small_cover([{1}, {1}, set()], [2, 1, 0]) == [1]


def test_a_problem_whose_tests_cannot_be_grown_is_measured_all_the_same(oracle: Oracle) -> None:
    by_keyword = replace(problem(), tests=[Test("assert", code="assert largest(items=[3, 8]) == 8")])
    growth = grow(by_keyword, oracle, ["def largest(items):\n    return 0\n"])
    assert "keywords" in growth.not_grown and growth.before == growth.after
    assert growth.before is not None and growth.mutants >= growth.before.mutants_killed > 0
    assert growth.samples == growth.before.samples_rejected == 1


@pytest.mark.parametrize(
    "prompt", ["Return the index of any peak.", "Return any valid order.", "There are multiple possible answers."]
)
def test_questions_with_several_right_answers_are_not_grown(oracle: Oracle, prompt: str) -> None:
    growth = grow(replace(problem(), prompt=prompt), oracle, draws=40)
    assert "several right answers" in growth.not_grown and growth.problem.tests == problem().tests


def test_a_reference_that_is_nested_too_deeply_is_said_to_be(oracle: Oracle) -> None:
    branches = "".join(f"    elif items[0] == {n}:\n        return {n}\n" for n in range(600))
    deep = f"def largest(items):\n    if not items:\n        return 0\n{branches}    return max(items)\n"
    assert "nested too deeply" in grow(problem(deep), oracle).not_grown


def test_sampled_programs_are_told_apart(oracle: Oracle) -> None:
    samples = ["def largest(items):\n    return max(items[:3])\n", "def largest(items):\n    return max(items[-3:])\n",
               "def largest(items):\n    return max(items)\n"]  # fmt: skip
    growth = grow(problem(), oracle, samples, draws=240)
    assert growth.before is not None
    assert growth.after is not None
    assert growth.before.pairs_told_apart == 0
    assert growth.after.pairs_told_apart >= 2


def test_samples_are_told_apart_by_the_functions_of_a_test_file(oracle: Oracle) -> None:
    file = "from solution import largest\n" + "".join(
        f"def test_{number}(): assert largest({args}) == {value}\n" for number, (args, value) in enumerate(WEAK)
    )
    tested = Problem("p", "The largest of some numbers.", [Test("pytest", code=file)], "largest", reference=LARGEST)
    samples = [f"def largest(items): return {wrong}" for wrong in ("items[0]", "items[1]", "items[-1]")]
    before = grow(tested, oracle, samples, draws=240).before
    assert before is not None
    assert (before.samples_rejected, before.pairs_told_apart) == (3, 3)


def test_branches_of_the_reference_are_counted_before_and_after(oracle: Oracle) -> None:
    branching = (
        "def largest(items):\n    if items[-1] == max(items):\n        return items[-1]\n    return max(items)\n"
    )
    growth = grow(problem(branching), oracle, draws=240)  # no test has its largest number at the end
    assert growth.before is not None
    assert growth.after is not None
    assert (growth.branches, growth.before.branches_covered, growth.after.branches_covered) == (2, 1, 2)


def test_answers_that_hang_on_the_order_of_a_set_or_on_chance_are_dropped(oracle: Oracle) -> None:
    unordered = "def largest(items):\n    return ''.join({str(item) for item in items})\n"
    random = "import random\ndef largest(items):\n    return str(random.random() if len(items) > 1 else items[0])\n"
    tests = [Test("call", entry="largest", args=[[number]], expected=str(number)) for number in (1, 2)]
    examples = read_examples(Problem("p", "Join them.", tests, "largest"))
    for reference in (unordered, random):
        found = oracle.answer(examples, [reference], [], [([7],), (list(range(12)),)], [])
        assert found.answers == [(([7],), "7")]
        assert found.dropped == {"not deterministic": 1}


def test_answers_that_hang_on_the_last_digit_of_a_fraction_are_dropped(oracle: Oracle) -> None:
    reference = "def largest(items):\n    return sum(items) < 0.6\n"
    tests = [Test("call", entry="largest", args=[[number]], expected=number < 0.6) for number in (0.5, 0.7)]
    examples = read_examples(Problem("p", "Is the sum below 0.6?", tests, "largest"))
    found = oracle.answer(examples, [reference], [], [([0.1, 0.2, 0.3],), ([0.1, 0.2],)], [])
    assert found.answers == [(([0.1, 0.2],), True)]


def test_a_constant_answer_is_doubted_where_it_may_be_a_mark_of_an_error(oracle: Oracle) -> None:
    reference = (
        "def largest(items):\n    if len(items) == 1:\n        return 3\n    return -5 if len(items) == 2 else 9\n"
    )
    tests = [Test("call", entry="largest", args=[[1] * size], expected=9) for size in (3, 4)]
    examples = read_examples(Problem("p", "By its length.", tests, "largest"))
    found = oracle.answer(examples, [reference], [], [([1],), ([1, 1],)], [3, -5])
    assert found.answers == [(([1],), 3)]
    assert found.dropped == {"a constant answer that no test expects": 1}


def test_inputs_on_which_the_reference_raises_are_dropped(oracle: Oracle) -> None:
    picky = "def largest(items):\n    assert 6 not in items\n    return max(items)\n"
    growth = grow(problem(picky), oracle, draws=240, fill=True)
    assert growth.inputs_dropped["raises"] > 0
    assert not any(6 in test.args[0] for test in growth.problem.tests)


def test_inputs_on_which_two_references_disagree_are_dropped(oracle: Oracle) -> None:
    other = "def largest(items):\n    return 0 if 6 in items else max(items)\n"
    growth = grow(problem(), oracle, references=[other], draws=240, fill=True)
    assert growth.inputs_dropped["contested"] > 0
    assert failures(oracle, [other], growth.problem.tests) == [frozenset()]


@pytest.mark.parametrize(("steps", "rejected"), [((0,), 1), ((0, 1, 2), 3), ((1, 1), 0)])
def test_wrong_programs_outvote_the_reference_only_where_they_agree(
    oracle: Oracle, steps: tuple[int, ...], rejected: int
) -> None:
    """Each is wrong where the last of four numbers is the largest, which no test shows; no right one is beside them."""
    wrong = "def largest(items):\n    return max(items[:3]) - {step} * (items[-1] > max(items[:3])){blanks}\n"
    samples = [wrong.format(step=step, blanks=" " * place) for place, step in enumerate(steps)]
    after = grow(problem(), oracle, samples, draws=240).after
    assert after is not None and after.samples_rejected == rejected


def test_an_integer_too_long_to_be_written_is_no_answer(oracle: Oracle) -> None:
    long = "def largest(items):\n    return 10 ** 5000 if 6 in items else max(items)\n"
    growth = grow(problem(long), oracle, ["def largest(items):\n    return 10 ** 5000 if 4 in items else max(items)\n"])
    assert growth.inputs_dropped["an answer out of proportion"] > 0 and growth.after is not None


def test_a_constant_that_the_question_names_may_be_asked_for(oracle: Oracle) -> None:
    reference = "def largest(items):\n    return -1 if len(items) == 1 else max(items)\n"
    silent, named = (replace(problem(reference), prompt=prompt) for prompt in ("The largest.", "Return it, or -1."))
    assert grow(silent, oracle, draws=240).inputs_dropped["a constant answer that no test expects"] > 0
    assert "a constant answer that no test expects" not in grow(named, oracle, draws=240).inputs_dropped


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (problem("def largest(items):\n    return 0\n"), "the reference fails"),
        (problem("def largest(items):\n    while True: pass\n"), "needs more than 1 s"),
        (problem("def largest(items:"), "no reference, or it is not Python"),
        (Problem("p", "Print it.", [Test("stdio", stdin="1", stdout="1")], reference="print(1)"), "calls? a function"),
    ],
)
def test_what_cannot_be_grown_says_why(oracle: Oracle, changed: Problem, reason: str) -> None:
    growth = grow(changed, oracle)
    assert re.search(reason, growth.not_grown)
    assert growth.problem == changed


def config(folder: Path, **settings: object) -> GrowConfig:
    save_problems([problem(name=f"p{number}") for number in range(4)], folder / "in.jsonl")
    values = {"output_dir": folder / "out", "problems": str(folder / "in.jsonl"), "draws": 60, "workers": 1, **settings}
    return parse_config(GrowConfig, values, "test")


def test_a_killed_job_goes_on_and_ends_with_the_same_files(tmp_path: Path) -> None:
    job = config(tmp_path)
    grow_problems(job)
    out = tmp_path / "out"
    whole = [(out / name).read_bytes() for name in ("problems.jsonl", "growth.jsonl")]
    rows, reports = whole[0].splitlines(keepends=True), whole[1].splitlines(keepends=True)
    (out / "problems.jsonl").write_bytes(b"".join(rows[:3]))  # the third report did not reach the disk any more
    (out / "growth.jsonl").write_bytes(b"".join(reports[:2]) + reports[2][:20])
    grow_problems(job)
    assert [(out / name).read_bytes() for name in ("problems.jsonl", "growth.jsonl")] == whole
    assert [item.id for item in load_problems(str(out / "problems.jsonl"))] == ["p0", "p1", "p2", "p3"]


def test_files_of_other_problems_are_not_gone_on_with(tmp_path: Path) -> None:
    job = config(tmp_path)
    (tmp_path / "out").mkdir()
    for name, key in (("problems", "id"), ("growth", "problem_id")):
        (tmp_path / "out" / f"{name}.jsonl").write_text(json.dumps({key: "another"}) + "\n")
    with pytest.raises(RowError, match="'another' where 'p0' belongs"):
        grow_problems(job)


def test_samples_of_other_problems_are_an_error(tmp_path: Path) -> None:
    sample = JudgedSample("elsewhere", "q", 0, "print(1)", "passed", ["passed"], True, "hash", 1.0)
    write_samples([sample], tmp_path / "samples.jsonl")
    with pytest.raises(ConfigError, match="none of these programs is for a problem of the set"):
        grow_problems(config(tmp_path, samples=[tmp_path / "samples.jsonl"]))
