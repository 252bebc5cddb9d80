"""From a verdict to a number."""

from __future__ import annotations

import ast
import warnings
from typing import Literal

from sandbox import Verdict

TestReward = Literal["binary", "pass_rate", "kodcode"]


def test_reward(kind: TestReward, verdict: Verdict, program: str) -> float | None:
    """The reward of a judged program; None when there is no verdict because the infrastructure failed.

    binary: 1 if every test passed, else 0 (AceCoder's rule reward, arXiv 2502.01718, section 3.4).
    pass_rate: share of tests passed.
    kodcode: 1.1 if every test passed, 0.1 if not, -1.1 without a program (KodCode's fork of code-r1).
    """
    if verdict.outcome == "infra_error":
        return None
    if kind == "binary":
        return 1.0 if verdict.passed else 0.0
    if kind == "pass_rate":
        return verdict.pass_rate or 0.0
    if not program.strip():
        return -1.1
    return 1.1 if verdict.passed else 0.1


def format_reward(program: str, finish_reason: str) -> float:
    """1 if the answer holds a program that Python can read and was not cut off, else 0."""
    if not program.strip() or finish_reason == "length":
        return 0.0
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # whatever a model may write
        return 0.0
    return 1.0
