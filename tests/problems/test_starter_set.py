"""The starter set is sound, split by family, and nothing held out is a rewording of something trained on."""

from dataclasses import replace
from itertools import product

from similarity import behave_alike, code_shape, prompt_likeness

from rlcode.problems import Problem, load_problems
from rlcode.problems.check import LIMITS, check_problems
from sandbox import Judge, Test

TRAIN = load_problems("starter/train")
HELD_OUT = load_problems("starter/heldout")
EVERY = TRAIN + HELD_OUT
ACROSS = list(product(TRAIN, HELD_OUT))
MOST_ALIKE = 0.8  # above this share of common words two prompts describe the same task


def test_sizes_of_the_split() -> None:
    assert len(EVERY) >= 260
    assert 0.3 <= len(HELD_OUT) / len(EVERY) <= 0.4


def test_no_family_stands_on_both_sides() -> None:
    assert {p.metadata["family"] for p in TRAIN}.isdisjoint(p.metadata["family"] for p in HELD_OUT)


def test_ids_and_entry_points_are_unique() -> None:
    assert len({p.id for p in EVERY}) == len({p.entry_point for p in EVERY}) == len(EVERY)


def test_every_problem_has_enough_tests_of_its_own_function() -> None:
    assert [p.id for p in EVERY if len(p.tests) < 6] == []
    assert [p.id for p in EVERY if any((t.kind, t.entry) != ("call", p.entry_point) for t in p.tests)] == []


def test_every_reference_continues_its_starter_code() -> None:
    assert [p.id for p in EVERY if not (p.reference or "").startswith(f"{p.starter_code}\n")] == []


def test_every_problem_carries_source_and_license() -> None:
    assert {(p.source, p.license) for p in EVERY} == {("rlcode-starter", "Apache-2.0")}


def test_every_prompt_names_the_signature() -> None:
    signatures = {p.id: str(p.starter_code).splitlines()[0].removeprefix("def ").removesuffix(":") for p in EVERY}
    assert [p.id for p in EVERY if f"`{signatures[p.id]}`" not in p.prompt] == []


def test_every_prompt_shows_its_first_test() -> None:
    def example(problem: Problem) -> str:
        first = problem.tests[0]
        return f"`{first.entry}({', '.join(map(repr, first.args))})` returns `{first.expected!r}`"

    assert [p.id for p in EVERY if example(p) not in p.prompt] == []


def test_no_constant_answer_passes() -> None:
    assert [p.id for p in EVERY if len({repr(test.expected) for test in p.tests}) == 1] == []


def test_references_pass_and_tests_notice_faults() -> None:
    with Judge(workers=2, limits=LIMITS) as judge:
        findings = check_problems(EVERY, judge)
    assert [f.problem.id for f in findings if f.reference_failure or f.weak] == []


def test_no_held_out_code_differs_from_trained_code_in_names_constants_and_comparisons_only() -> None:
    shapes = {p.id: code_shape(p.reference or "") for p in EVERY}
    assert [(a.id, b.id) for a, b in ACROSS if shapes[a.id] == shapes[b.id]] == []


def test_no_held_out_problem_computes_what_a_trained_one_does() -> None:
    assert [(a.id, b.id) for a, b in ACROSS if behave_alike(a, b)] == []


def test_no_held_out_prompt_is_a_rewording() -> None:
    assert [(a.id, b.id) for a, b in ACROSS if prompt_likeness(a, b) >= MOST_ALIKE] == []


def test_no_trained_code_is_a_humaneval_solution() -> None:
    solutions = {code_shape(p.reference or "", blank=False): p.id for p in load_problems("humaneval")}
    same = [(p.id, solutions.get(code_shape(p.reference or "", blank=False))) for p in TRAIN]
    assert [pair for pair in same if pair[1]] == []


def test_the_measures_find_a_rewording() -> None:
    original = Problem(
        id="original",
        prompt="Write a function `odds(numbers)` that returns a list of the odd numbers in the list numbers.",
        tests=[Test("call", entry="odds", args=[list(range(n))], expected=list(range(1, n, 2))) for n in range(6)],
        entry_point="odds",
        reference="def odds(numbers):\n    return [n for n in numbers if n % 2 != 0]\n",
    )
    rewording = replace(
        original,
        id="rewording",
        prompt="Write a function `pick(values)` that returns a list of odd numbers in the given list numbers.",
        entry_point="pick",
        reference="def pick(values):\n    return [v for v in values if v % 2 == 1]\n",
    )
    assert code_shape(original.reference or "") == code_shape(rewording.reference or "")
    assert behave_alike(original, rewording)
    assert prompt_likeness(original, rewording) >= MOST_ALIKE
