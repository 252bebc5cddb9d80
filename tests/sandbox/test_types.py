"""Rows in, rows out, and errors that name what is wrong."""

from __future__ import annotations

from datetime import datetime

import pytest

from sandbox import InvalidTest, Limits, Test, TestResult, Verdict


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "assert", "code": "assert f(1) == 2"},
        {"kind": "call", "entry": "f", "args": [1], "kwargs": {"x": None}, "expected": [1, {"a": 2.5}]},
        {"kind": "stdio", "stdin": "1\n", "stdout": "2\n"},
        {"kind": "check", "code": "def check(c): assert c(1)", "entry": "f"},
        {"kind": "pytest", "code": "def test(): pass", "weight": 3, "origin": {"file": "a"}},
    ],
)
def test_rows_survive_a_round_trip_with_fields_the_judge_does_not_know(row: dict) -> None:
    assert Test.from_dict(row).to_dict() == row


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"kind": "magic"}, "'kind'"),
        ({"code": "assert 1"}, "'kind'"),
        ({"kind": ["assert"]}, "'kind'"),
        ({"kind": "assert"}, "'code'"),
        ({"kind": "assert", "code": 3}, "'code'"),
        ({"kind": "call", "entry": "f"}, "'expected'"),
        ({"kind": "call", "entry": "f(", "expected": 1}, "'entry'"),
        ({"kind": "call", "entry": "f", "expected": {1, 2}}, "'expected'"),
        ({"kind": "call", "entry": "f", "args": 1, "expected": 1}, "'args'"),
        ({"kind": "stdio", "stdin": ""}, "'stdout'"),
        ({"kind": "assert", "code": "assert 1", "when": datetime(2020, 1, 1)}, "'when'"),
    ],
)
def test_a_bad_row_is_refused_with_the_name_of_the_field(row: dict, named: str) -> None:
    with pytest.raises(InvalidTest, match=named):
        Test.from_dict(row)


def test_verdicts_survive_a_round_trip() -> None:
    verdict = Verdict("failed", [TestResult("failed", "no", 0.5, "test_a")], 0.0, 0.5, 0.6, "abc", tier="landlock")
    assert Verdict.from_dict(verdict.to_dict()) == verdict


@pytest.mark.parametrize(
    "limits",
    [
        {"cpu_seconds": 0},
        {"cpu_seconds": float("nan")},
        {"memory_mb": -1},
        {"memory_mb": 4},
        {"cpu_seconds": 5, "wall_seconds": 2},
        {"open_files": 3},
        {"stdout_mb": "much"},
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict) -> None:
    with pytest.raises(ValueError, match="limit '"):
        Limits(**limits)


def test_wall_time_defaults_to_far_behind_cpu_time() -> None:
    assert Limits(cpu_seconds=1).wall_seconds == 15
    assert Limits(cpu_seconds=6).wall_seconds == 60
