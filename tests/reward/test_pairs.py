"""Which programs make a pair, and what becomes of the others."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.pairs import NoPairs, PairSet, PairSettings, make_pairs, require_pairs
from reward.schema import JudgedSample
from reward.syntax import normalised_syntax

TESTS = 10


def sample(index: int, passed: int, **changes: object) -> JudgedSample:
    """A program that passes so many of ten tests."""
    row = {
        "problem_id": "p",
        "question": f"question of {changes.get('problem_id', 'p')}",
        "index": index,
        "program": f"def f():\n    return {index}\n",
        "outcome": "passed" if passed == TESTS else "failed",
        "pass_vector": ["passed"] * passed + ["failed"] * (TESTS - passed),
        "complete": True,
        "test_set": "t",
        "pass_rate": passed / TESTS,
        **changes,
    }
    return JudgedSample(**row)  # type: ignore[arg-type]


def rates(made: PairSet) -> set[tuple[float | None, float | None]]:
    return {(pair.chosen_pass_rate, pair.rejected_pass_rate) for pair in made.pairs}


def reasons(made: PairSet) -> dict[str, int]:
    return dict(made.excluded_by_reason())


@given(st.lists(st.integers(0, TESTS), max_size=8))
def test_pairs_are_those_of_acecoders_rule(passed: list[int]) -> None:
    """Counted in whole tests, where 0.7 - 0.3 is 0.4."""
    made = make_pairs([sample(index, count) for index, count in enumerate(passed)], PairSettings())
    expected = sorted(
        (better / TESTS, worse / TESTS)
        for better, worse in itertools.permutations(passed, 2)
        if better >= 8 and better - worse >= 4 and worse > 0
    )
    assert sorted((pair.chosen_pass_rate, pair.rejected_pass_rate) for pair in made.pairs) == expected


@given(st.lists(st.integers(0, TESTS), min_size=1, max_size=12), st.integers(1, 4))
def test_no_program_is_lost(passed: list[int], limit: int) -> None:
    """Each stands in a pair, is excluded itself, or its problem or all its pairs are."""
    made = make_pairs(
        [sample(index, count) for index, count in enumerate(passed)], PairSettings(pairs_per_problem=limit)
    )
    assert len(made.pairs) <= limit
    assert made.samples == len(passed)
    if made.pairs:
        unlimited = make_pairs([sample(index, count) for index, count in enumerate(passed)], PairSettings())
        assert reasons(made).get("over_limit", 0) == len(unlimited.pairs) - len(made.pairs)
    else:
        assert sum(reasons(made).get(reason, 0) for reason in ("no_winner", "no_loser", "too_close")) == 1


def test_a_pair_holds_what_a_reward_model_reads() -> None:
    (pair,) = make_pairs([sample(0, 10), sample(1, 5)], PairSettings()).pairs
    assert "question of p" in pair.instruction
    assert pair.chosen.endswith("```python\ndef f():\n    return 0\n```")
    assert pair.rejected_program == "def f():\n    return 1\n"
    assert (pair.margin, pair.test_set, pair.problem_id) == (0.5, "t", "p")


@pytest.mark.parametrize("key", ["test_set", "policy", "problem_id"])
def test_pairs_never_cross_problems_tests_or_policies(key: str) -> None:
    made = make_pairs([sample(0, 10), sample(1, 5, **{key: "other"})], PairSettings())
    assert not made.pairs


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": "infra_error", "pass_rate": None, "complete": False}, "infra_error"),
        ({"complete": False}, "incomplete"),
        ({"pass_rate": None, "complete": False}, "incomplete"),
        ({"program": " \n"}, "no_program"),
        ({"program": "def f():\n    return 0\n\n"}, "same_text"),
        ({"program": "def f():  # the answer\n    'Nought.'\n    return (0)\n"}, "same_syntax"),
        ({"pass_rate": 0.0}, "passes_too_little"),
    ],
)
def test_a_program_that_can_be_in_no_pair_is_listed(changes: dict, reason: str) -> None:
    made = make_pairs([sample(0, 10), sample(1, 5, **changes)], PairSettings())
    assert not made.pairs
    item = made.excluded[0]
    assert (item.reason, item.problem_id, item.index) == (reason, "p", 1)


def test_every_program_can_lose_when_told() -> None:
    samples = [sample(0, 10), sample(1, 0)]
    assert not make_pairs(samples, PairSettings()).pairs
    (pair,) = make_pairs(samples, PairSettings(loser_above=None)).pairs
    assert pair.margin == 1.0


def test_names_are_part_of_the_syntax() -> None:
    made = make_pairs([sample(0, 10), sample(1, 5, program="def g():\n    return 0\n")], PairSettings())
    assert len(made.pairs) == 1


@pytest.mark.parametrize("program", ["def f(:", "x = '\0'", "(" * 500, "-" * 100_000 + "1"])
def test_what_python_cannot_parse_has_no_syntax_tree(program: str) -> None:
    assert normalised_syntax(program) is None


def test_programs_without_a_syntax_tree_are_compared_as_text() -> None:
    broken = [sample(0, 10), sample(1, 5, program="def f(:"), sample(2, 5, program="def g(:")]
    assert len(make_pairs(broken, PairSettings()).pairs) == 2


def test_few_pairs_use_many_programs() -> None:
    """Four winners and four losers: four pairs name each of them once."""
    samples = [sample(index, 10 if index < 4 else index - 3) for index in range(8)]
    made = make_pairs(samples, PairSettings(pairs_per_problem=4))
    assert len({pair.chosen for pair in made.pairs}) == len({pair.rejected for pair in made.pairs}) == 4
    assert reasons(made) == {"over_limit": 12}
    assert made.pairs[0].margin == 0.9  # the largest comes first


def test_all_pairs_of_a_question_fall_on_one_side() -> None:
    samples = [
        sample(index, passed, problem_id=f"p{problem}", question=f"question {problem // 2}")
        for problem in range(40)
        for index, passed in enumerate((10, 5, 4))
    ]
    made = make_pairs(samples, PairSettings(heldout_share=0.2))
    sides = [{pair.instruction for pair in side} for side in (made.train, made.heldout)]
    assert not sides[0] & sides[1]
    assert len(sides[1]) == 4 and len(made.heldout) == 16
    assert make_pairs(samples, PairSettings(heldout_share=0.2)) == made
    assert make_pairs(samples, PairSettings(heldout_share=0.2, seed=1)).heldout != made.heldout


def test_where_nothing_differs_the_message_says_how_to_get_pairs() -> None:
    settings = PairSettings()
    made = make_pairs([sample(index, 10, problem_id=f"p{index // 2}") for index in range(4)], settings)
    with pytest.raises(NoPairs, match=r"2 problems without a second program that could lose.*draw more programs"):
        require_pairs(made, settings)
