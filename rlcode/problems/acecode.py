"""Reads AceCode-87K (arXiv 2502.01718) as released: questions, assert tests, and programs that models wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward.rows import iterate_rows
from rlcode.extraction import extract_program
from rlcode.problems.schema import Problem, ProblemError
from sandbox import InvalidTest, Test

FENCE = "```"


@dataclass(frozen=True)
class Inference:
    """A program of the data set. `pass_rate` is what its authors recorded; docs/reward-model.md says how."""

    policy: str
    completion: str
    program: str
    pass_rate: float | None


def read_acecode(path: Path) -> Iterator[tuple[Problem, list[Inference]]]:
    """Each question with its programs. Raises ProblemError naming file, row and field."""
    for where, row in iterate_rows(path, ProblemError):
        yield (
            _problem(row, where),
            [
                _inference(item, f"{where}: field 'inferences[{index}]'")
                for index, item in enumerate(_list(row, "inferences", where))
            ],
        )


def _problem(row: dict[str, Any], where: str) -> Problem:
    if not isinstance(row.get("question"), str) or not isinstance(row.get("id"), str):
        raise ProblemError(f"{where}: fields 'id' and 'question' must be text; these are no rows of AceCode-87K")
    try:
        tests = [Test("assert", code=code) for code in _list(row, "test_cases", where)]
    except InvalidTest as error:
        raise ProblemError(f"{where}: field 'test_cases': {error}") from None
    if not tests:
        raise ProblemError(f"{where}: field 'test_cases' is empty; a problem needs a test")
    return Problem(row["id"], row["question"], tests, source="TIGER-Lab/AceCode-87K", license="MIT")


def _list(row: dict[str, Any], name: str, where: str) -> list[Any]:
    if not isinstance(row.get(name), list):
        raise ProblemError(f"{where}: field '{name}' must be a list; these are no rows of AceCode-87K")
    items: list[Any] = row[name]
    return items


def _inference(item: Any, where: str) -> Inference:
    if not isinstance(item, dict) or not isinstance(item.get("completion"), str):
        raise ProblemError(f"{where}: an object with the text field 'completion' is needed")
    completion, rate = item["completion"], item.get("pass_rate")
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1):
        raise ProblemError(f"{where}: pass_rate must be a share between 0 and 1, not {rate!r}")
    # The prompts opened a fence: a completion with an odd number of fences closes that one.
    prefill = f"{FENCE}python\n" if completion.count(FENCE) % 2 else ""
    return Inference(str(item.get("model_name", "")), completion, extract_program(completion, prefill), rate)
