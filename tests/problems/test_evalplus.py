import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rlcode.problems import ProblemError, load_problems
from rlcode.problems.evalplus import argument_kinds, coerce_arguments
from sandbox import Judge

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
MBPP_ROW: dict[str, Any] = {
    "task_id": "Mbpp/0",
    "prompt": '"""\nWrite a function to rotate a tuple to the left.\nassert rotate((1, 2)) == (2, 1)\n"""\n',
    "entry_point": "rotate",
    "canonical_solution": "\ndef rotate(items):\n    return items[1:] + items[:1]\n",
    "base_input": [[[1, 2]]],
    "plus_input": [[[]], [[1, 2, 3]]],
    "atol": 0,
    "assertion": "\nassert rotate((1, 2)) == (2, 1)\n",
}
HUMANEVAL_ROW: dict[str, Any] = {
    "task_id": "HumanEval/0",
    "prompt": 'def half(x: float) -> float:\n    """Half of x."""\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "base_input": [[3.0]],
    "plus_input": [[1], ["no number"], [float("inf")]],
    "atol": 0.01,
}


def load(tmp_path: Path, *rows: dict[str, Any]) -> list[Any]:
    path = tmp_path / "plus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_problems(f"evalplus:{path}")


def outcomes(program: str, problem: Any) -> list[str]:
    with Judge(workers=1) as judge:
        return [result.outcome for result in judge.run(program, problem.tests).tests]


def test_answers_come_from_the_canonical_solution(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, MBPP_ROW)
    assert [test.code for test in problem.tests] == [
        "assert rotate((1, 2)) == (2, 1)",
        "assert rotate(()) == ()",
        "assert rotate((1, 2, 3)) == (2, 3, 1)",
    ]
    assert problem.metadata["base_tests"] == 1
    assert problem.prompt.startswith("Write a function to rotate")


def test_a_wrong_program_fails_the_plus_tests_only(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, MBPP_ROW)
    assert outcomes("def rotate(items):\n    return items[::-1]\n", problem) == ["passed", "passed", "failed"]


def test_tolerance_is_kept_and_inputs_without_answer_are_counted(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, HUMANEVAL_ROW)
    assert problem.metadata == {"base_tests": 1, "inputs_left_out": 1}  # half of a text raises
    assert outcomes("def half(x):\n    return x * 0.501\n", problem)[:2] == ["passed", "passed"]
    assert outcomes("def half(x):\n    return x * 0.6\n", problem)[:2] == ["failed", "failed"]


def test_an_infinite_answer_is_reached_exactly(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, HUMANEVAL_ROW)
    assert problem.tests[-1].code == "assert half(float('inf')) == float('inf')"
    assert outcomes(problem.reference, problem) == ["passed"] * 3


def test_humaneval_rows_give_starter_code_that_the_canonical_solution_continues(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, HUMANEVAL_ROW)
    assert problem.starter_code == HUMANEVAL_ROW["prompt"]
    assert problem.reference == HUMANEVAL_ROW["prompt"] + HUMANEVAL_ROW["canonical_solution"]


def test_a_task_with_several_right_answers_accepts_each(tmp_path: Path) -> None:
    row = MBPP_ROW | {
        "entry_point": "find_zero",
        "canonical_solution": "def find_zero(xs):\n    return 2.0\n",
        "base_input": [[[-4, 0, 1]]],
        "plus_input": [],
        "assertion": "",
        "atol": 1e-4,
    }
    (problem,) = load(tmp_path, row)
    assert outcomes("def find_zero(xs):\n    return -2.0\n", problem) == ["passed"]
    assert outcomes("def find_zero(xs):\n    return 1.0\n", problem) == ["failed"]


@pytest.mark.parametrize(
    ("assertion", "given", "wanted"),
    [
        ("assert f((1, 2), [3]) == 1", [[4, 5], [6]], [(4, 5), [6]]),
        ("assert f([(1, 2)]) == 1", [[[3, 4], [5, 6]]], [[(3, 4), (5, 6)]]),
        ("assert f((1, (2,))) == 1", [[1, [2, [3]]]], [(1, (2, (3,)))]),
        ("assert f({'a': (1,)}) == 1", [{"b": [2]}], [{"b": (2,)}]),
        ("assert f([(1,), [2]]) == 1", [[[3]]], [[[3]]]),
        ("assert f(1j) == 1", ["2j"], [2j]),
        ("assert g((1, 2)) == 1", [[1, 2]], [[1, 2]]),
    ],
    ids=[
        "per parameter",
        "nested",
        "deeper than asserted",
        "in a dict",
        "ambiguous stays",
        "complex",
        "other function",
    ],
)
def test_lists_become_what_the_assertion_passes(assertion: str, given: list[Any], wanted: list[Any]) -> None:
    assert coerce_arguments(given, argument_kinds(assertion, "f")) == wanted


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"canonical_solution": None}, "field 'canonical_solution' is missing"),
        ({"plus_input": [1]}, "field 'plus_input' must be a list of argument lists"),
        ({"atol": "0"}, "field 'atol' must be a number"),
        ({"canonical_solution": "def rotate(items):\n    return 1 / 0\n"}, "Mbpp/0 gets no tests: "),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load(tmp_path, MBPP_ROW | {"task_id": "Mbpp/1"}, MBPP_ROW | change)
    assert "plus.jsonl line 2: " in str(caught.value)
    assert complaint in str(caught.value)


def mbpp_rows(count: int) -> list[dict[str, Any]]:
    path = SHARED / "mbpp_plus_dev.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is absent: it is a development sample, not part of the package")
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file][:count]


def test_canonical_solutions_of_real_rows_pass_their_own_tests(tmp_path: Path) -> None:
    rows = [row | {"plus_input": row["plus_input"][:5]} for row in mbpp_rows(40)]
    problems = load(tmp_path, *rows)
    with Judge(workers=2) as judge:
        verdicts = dict(judge.run_many((problem.reference, problem.tests) for problem in problems))
    assert [problems[i].id for i, verdict in verdicts.items() if not verdict.passed] == []
