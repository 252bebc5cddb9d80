"""Reads EvalPlus files (HumanEval+, MBPP+): inputs and a canonical solution in, tests out.

The files hold inputs without answers. The answers are what the canonical solution returns in the sandbox. Which tasks
EvalPlus compares in a special way is a fact of its release 0.3.1 (evalplus/eval/_special_oracle.py).
"""

from __future__ import annotations

import ast
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, zip_longest
from typing import Any

from rlcode.problems.formats.fields import read_row
from rlcode.problems.schema import Problem, ProblemError
from sandbox import CallResult, Judge, Limits, Test

# Wider than for judging: some inputs are chosen to be slow or large, and the canonical solutions are trusted to end.
ORACLE_LIMITS = Limits(cpu_seconds=20, wall_seconds=60, memory_mb=2048, result_mb=16)

COMPARED_AS_SETS = {
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
    "larg_nnum", "intersection_array", "find_dissimilar", "Diff",
}  # fmt: skip
COMPARED_WITH_NONE = {"check_str", "text_match_three", "text_starta_endb"}
ROWS_AT_ONCE = 64
CALL_TOLERANCE = 1e-6  # what a `call` test allows between floats
_TEXT_FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution")

KindsByDepth = list[set[type]]


def read_evalplus(
    rows: Iterable[tuple[str, dict[str, Any]]], reject: Callable[[str, str, dict[str, Any]], None] | None = None
) -> Iterator[tuple[str, Problem]]:
    """Yields (where, problem) for each (where, row) of an EvalPlus file.

    `metadata` counts the tests that come from `base_input` (they stand first) and the inputs left out because the
    canonical solution gave no answer that a test can hold. Rows that are not EvalPlus rows go to `reject` (where, why,
    row), or raise ProblemError.
    """
    workers, rows = os.cpu_count() or 1, iter(rows)
    with Judge(workers=workers, limits=ORACLE_LIMITS) as judge, ThreadPoolExecutor(workers) as pool:

        def read(item: tuple[str, dict[str, Any]]) -> Problem | ProblemError:
            try:
                return read_row(lambda row, where: _problem(row, where, judge), item[1], item[0])
            except ProblemError as error:
                return error

        while some := list(islice(rows, ROWS_AT_ONCE)):
            for (where, row), found in zip(some, pool.map(read, some), strict=True):
                if isinstance(found, Problem):
                    yield where, found
                elif reject is None:
                    raise found
                else:
                    reject(where, str(found).removeprefix(f"{where}: "), row)


def _problem(row: dict[str, Any], where: str, judge: Judge) -> Problem:
    _check_fields(row, where)
    entry, prompt = row["entry_point"], row["prompt"]
    standalone = _defines(row["canonical_solution"], entry)
    reference = row["canonical_solution"] if standalone else prompt + row["canonical_solution"]
    kinds = argument_kinds(row.get("assertion") or "", entry)
    inputs = [coerce_arguments(args, kinds) for args in [*row["base_input"], *row["plus_input"]]]
    answers = judge.evaluate(reference, [(entry, args, {}) for args in inputs])
    tests = [_test(entry, args, answer, float(row["atol"])) for args, answer in zip(inputs, answers, strict=True)]
    usable = [test for test in tests if test is not None]
    if not usable:
        reason = answers[0].error if answers else "there are no inputs"
        raise ProblemError(f"{where}: {row['task_id']} gets no tests: {reason}; check its canonical_solution")
    return Problem(
        id=row["task_id"],
        prompt=prompt.strip().strip('"').strip() if standalone else prompt,
        tests=usable,
        entry_point=entry,
        starter_code=None if standalone else prompt,
        reference=reference,
        source="evalplus",
        license="Apache-2.0",
        metadata={
            "base_tests": sum(test is not None for test in tests[: len(row["base_input"])]),
            "inputs_left_out": len(tests) - len(usable),
        },
    )


def _check_fields(row: dict[str, Any], where: str) -> None:
    for name in _TEXT_FIELDS:
        if not isinstance(row.get(name), str):
            raise ProblemError(f"{where}: field '{name}' is missing; an EvalPlus row has {', '.join(_TEXT_FIELDS)}")
    for name in ("base_input", "plus_input"):
        if not isinstance(row.get(name), list) or not all(isinstance(args, list) for args in row[name]):
            raise ProblemError(f"{where}: field '{name}' must be a list of argument lists")
    if not isinstance(row.get("atol"), int | float):
        raise ProblemError(f"{where}: field 'atol' must be a number, the absolute tolerance")


def _defines(code: str, entry: str) -> bool:
    """Whether `code` is a whole program with the function, rather than the body that continues the prompt."""
    try:
        body = ast.parse(code).body
    except SyntaxError:
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == entry for node in body)


def argument_kinds(assertion: str, entry: str) -> list[KindsByDepth]:
    """Per parameter and nesting depth, the container types that the asserted calls of `entry` pass.

    JSON has lists only, so an EvalPlus file cannot say which inputs are tuples or sets; its `assertion` field, which is
    Python, can.
    """
    kinds: list[KindsByDepth] = []
    for node in ast.walk(ast.parse(assertion)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry:
            for index, argument in enumerate(node.args):
                if index == len(kinds):
                    kinds.append([])
                _note_kinds(_literal(argument), kinds[index], 0)
    return kinds


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:  # an expression such as set([1, 2]): it says nothing that could be relied on
        return None


def _note_kinds(value: Any, kinds: KindsByDepth, depth: int) -> None:
    if isinstance(value, complex):
        items: Sequence[Any] = ()
    elif isinstance(value, dict):
        items = list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        items = list(value)
    else:
        return
    if depth == len(kinds):
        kinds.append(set())
    kinds[depth].add(type(value))
    for item in items:
        _note_kinds(item, kinds, depth + 1)


def coerce_arguments(args: list[Any], kinds: list[KindsByDepth]) -> list[Any]:
    """The JSON arguments with lists turned into the container types of `kinds`, where these are unambiguous."""
    return [_coerce(value, by_depth or [], 0) for value, by_depth in zip_longest(args, kinds[: len(args)])]


def _coerce(value: Any, kinds: KindsByDepth, depth: int) -> Any:
    # Inputs may be nested deeper than any asserted call; the deepest level known stands for those below it.
    here = kinds[min(depth, len(kinds) - 1)] if kinds else set()
    if isinstance(value, dict):
        return {key: _coerce(item, kinds, depth + 1) for key, item in value.items()}
    if isinstance(value, str) and here == {complex}:
        return complex(value)
    if not isinstance(value, list):
        return value
    items = [_coerce(item, kinds, depth + 1) for item in value]
    possible = here - {dict, complex}
    return next(iter(possible))(items) if len(possible) == 1 else items


def _test(entry: str, args: list[Any], answer: CallResult, atol: float) -> Test | None:
    """The test that holds a program to `answer`, or None when there is no answer or it cannot be written down."""
    if answer.outcome != "returned":
        return None
    plain = entry not in COMPARED_AS_SETS | COMPARED_WITH_NONE | {"find_zero"}
    if plain and atol <= CALL_TOLERANCE and is_json(args) and is_json(answer.value):
        return Test(kind="call", entry=entry, args=args, expected=answer.value)
    try:
        return Test(kind="assert", code=_assertion(entry, args, answer.value, atol))
    except NoSource:
        return None


def _assertion(entry: str, args: list[Any], expected: Any, atol: float) -> str:
    call = f"{entry}({', '.join(map(source_of, args))})"
    if entry in COMPARED_AS_SETS:
        return f"assert set({call}) == set({source_of(expected)})"
    if entry in COMPARED_WITH_NONE:
        return f"assert {call} {'in' if expected in (None, False) else 'not in'} (None, False)"
    if entry == "find_zero":  # any zero of the polynomial will do
        terms = " + ".join(f"{source_of(factor)} * {call} ** {power}" for power, factor in enumerate(args[0]))
        return f"assert abs({terms}) <= {atol!r}"
    if atol > 0 and _is_finite_float(expected):
        return f"assert abs({call} - {source_of(expected)}) <= {atol!r}"
    if atol > 0 and isinstance(expected, list | tuple) and expected and all(map(_is_finite_float, expected)):
        close = [f"assert abs({call}[{i}] - {source_of(x)}) <= {atol!r}" for i, x in enumerate(expected)]
        return "\n".join([f"assert len({call}) == {len(expected)}", *close])
    return f"assert {call} == {source_of(expected)}"


def _is_finite_float(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def is_json(value: Any) -> bool:
    """Whether JSON carries the value unchanged, types included. repr tells 1 from 1.0 and from True."""
    try:
        return repr(json.loads(json.dumps(value, allow_nan=False))) == repr(value)
    except (TypeError, ValueError):
        return False


class NoSource(ValueError):
    """A value that cannot be written as a Python expression that equals it."""


def source_of(value: Any) -> str:
    """A Python expression that gives `value`. Raises NoSource for nan and for objects."""
    if value is None or type(value) in (bool, int, str, bytes, complex):
        return repr(value)
    if type(value) is float and not math.isnan(value):
        return repr(value) if math.isfinite(value) else f"float('{value}')"
    if type(value) is dict:
        return "{" + ", ".join(f"{source_of(key)}: {source_of(item)}" for key, item in value.items()) + "}"
    if type(value) in (list, tuple, set, frozenset):
        items = ", ".join(map(source_of, value))
        if type(value) is tuple:
            return f"({items},)" if len(value) == 1 else f"({items})"
        return f"[{items}]" if type(value) is list else f"{type(value).__name__}([{items}])"
    raise NoSource(type(value).__name__)
