"""KodCode's recipe: several trials a question, the best covered one is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from rlcode.cli import main
from rlcode.problems import load_problems
from rlcode.synthesis.coverage import coverage_of_calls, instrument, measure_coverage
from sandbox import Judge, Limits

QUESTION = "<|Analysis Begin|>x<|Analysis End|>\n<|Question Begin|>\nWrite `sign(x)`.\n<|Question End|>"
SIGN = "def sign(x):\n    if x < 0:\n        return -1\n    return 1\n"
HALF_TESTED = "from solution import sign\n\ndef test_positive():\n    assert sign(3) == 1\n"
TESTED = HALF_TESTED + "\ndef test_negative():\n    assert sign(-3) == -1\n"
WRONG = "from solution import sign\n\ndef test_zero():\n    assert sign(0) == 0\n"


def trial(tests: str) -> str:
    solution = f"<|Solution Begin|>\n```python\n{SIGN}```\n<|Solution End|>"
    return f"{solution}\n<|Test Begin|>\n```python\n{tests}```\n<|Test End|>"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Three seeds: one with trials of every kind, one that never passes, one that is unsuitable."""
    trials = {"a": [HALF_TESTED, WRONG, TESTED, None], "b": [WRONG] * 4}
    rows = [
        {"stage": "trials", "prompt_id": name, "attempt": number, "response": trial(tests) if tests else "No."}
        for name, each in trials.items()
        for number, tests in enumerate(each)
    ]
    questions = {"a": QUESTION, "b": QUESTION.replace("Write", "Make"), "c": "BAD_DOCUMENT"}
    rows += [{"stage": "questions", "prompt_id": name, "response": text} for name, text in questions.items()]
    (tmp_path / "recording.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    seeds = [{"id": name, "instruction": f"Document {name}"} for name in questions]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(seed) + "\n" for seed in seeds))
    values = {
        "recipe": "kodcode",
        "output_dir": str(tmp_path / "synth"),
        "seeds": str(tmp_path / "seeds.jsonl"),
        "seed_filter": "none",
        "trials": 4,
        "teacher": {"kind": "recording", "model": "any", "recording": str(tmp_path / "recording.jsonl")},
    }
    path = tmp_path / "synth.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_the_best_covered_of_the_trials_that_pass_is_kept(config: Path) -> None:
    assert main(["synth", str(config)]) == 0
    (problem,) = load_problems(str(config.parent / "synth" / "problems.jsonl"))
    assert (problem.reference, problem.entry_point) == (SIGN, "sign")
    assert "test_negative" in problem.tests[0].code
    assert problem.metadata["outcomes"] == ["passed", "failed", "passed", "no solution in it"]
    assert problem.metadata["pass_sequence"] == [1, 0, 1, 0]
    assert problem.metadata["coverage"][0] == {"statement": 0.75, "branch": 0.5}
    assert problem.metadata["coverage"][2] == {"statement": 1.0, "branch": 1.0}
    assert problem.difficulty == "medium"


def test_what_never_passes_is_rejected_with_its_outcomes(config: Path) -> None:
    main(["synth", str(config)])
    (row,) = map(json.loads, (config.parent / "synth" / "verified.rejected.jsonl").read_text().splitlines())
    assert (row["reason"], row["detail"]) == ("no trial passed", "4 failed")


def test_an_instrumented_program_does_what_the_program_does() -> None:
    program = '''"""Doc."""
from __future__ import annotations

def f(x):
    """Doc of f."""
    for i in range(x):
        if i == 3:
            break
    else:
        return "all"
    while x > 5:
        x -= 1
    try:
        return {1: "a"}[x]
    except KeyError:
        pass
    finally:
        x += 1
    match x:
        case 6:
            return f.__doc__
        case _:
            return x
'''
    plain: dict = {}
    noted: dict = {"__rlcode_note__": lambda number: None}
    exec(program, plain)
    exec(instrument(program).program, noted)
    assert [noted["f"](x) for x in range(9)] == [plain["f"](x) for x in range(9)]
    assert noted["__doc__"] == "Doc."


def test_coverage_counts_statements_and_both_ways_out_of_a_branch() -> None:
    with Judge(1, Limits(cpu_seconds=5)) as judge:
        half = measure_coverage(judge, SIGN, HALF_TESTED)
        failing = measure_coverage(judge, SIGN, WRONG)
    assert half is not None and failing is None
    assert (half.statements, half.statements_run, half.branches, half.branches_run) == (4, 3, 2, 1)


def test_coverage_of_calls_is_that_of_all_calls_together() -> None:
    program = f"from __future__ import annotations\n{SIGN}"
    with Judge(1, Limits(cpu_seconds=5)) as judge:
        one = coverage_of_calls(judge, program, "sign", [(3,), (4,)])
        both = coverage_of_calls(judge, program, "sign", [(3,), (-3,)])
        raising = coverage_of_calls(judge, program, "sign", [(3,), ("three",)])
    assert one is not None and both is not None and raising is None
    assert (one.branches_run, both.branches_run, both.branches) == (1, 2, 2)
