"""Data sets whose tests call a function: AceCode-87K, KodCode-V1, HumanEval, MBPP."""

from __future__ import annotations

import ast

from rlcode.problems.formats.fields import (
    Row,
    list_of,
    make_test,
    optional_text,
    require_tests,
    rest_of,
    text_of,
)
from rlcode.problems.schema import Problem, ProblemError


def read_acecode_question(row: Row, where: str) -> Problem:
    """A question of AceCode-87K (TIGER-Lab/AceCode-87K). Its programs are read by rlcode.problems.acecode."""
    tests = [make_test(where, "test_cases", "assert", code=code) for code in list_of(row, "test_cases", where)]
    return Problem(
        text_of(row, "id", where),
        text_of(row, "question", where),
        require_tests(tests, where),
        source="TIGER-Lab/AceCode-87K",
        license="MIT",
        metadata=rest_of(row, "id", "question", "test_cases", "inferences", "context_messages"),
    )


def write_acecode_question(problem: Problem) -> Row:
    return {
        "id": problem.id,
        "source": problem.metadata.get("source", problem.source),
        "question": problem.prompt,
        "test_cases": [test.code for test in _only(problem, "assert")],
    }


def read_kodcode(row: Row, where: str) -> Problem:
    """A row of KodCode-V1 (arXiv 2503.02951); older files call the field `test` by the name `test_code`."""
    tests = text_of(row, "test" if "test" in row else "test_code", where)
    infos = list_of(row, "test_info", where) if row.get("test_info") else []
    names = [info.get("function_name") for info in infos if isinstance(info, dict)]
    is_completion = str(row.get("question_id", "")).endswith("_C")
    question = text_of(row, "question", where)
    return Problem(
        text_of(row, "question_id", where),
        question,
        # The text of the tests imports what it needs by name, but for the older files, which rely on a star import.
        [make_test(where, "test", "pytest", code=tests if "solution" in tests else f"from solution import *\n{tests}")],
        entry_point=names[0] if names and isinstance(names[0], str) else None,
        starter_code=question if is_completion else None,
        reference=optional_text(row, "solution", where),
        source="KodCode/KodCode-V1",
        license="CC-BY-NC-4.0",
        difficulty=optional_text(row, "gpt_difficulty", where),
        metadata=rest_of(row, "question_id", "question", "test", "test_code", "solution", "gpt_difficulty", "trials",
                         "conversations", "r1_solution"),
    )  # fmt: skip


def write_kodcode(problem: Problem) -> Row:
    (test,) = _only(problem, "pytest")
    row = {
        "question_id": problem.id,
        "question": problem.prompt,
        "solution": problem.reference or "",
        "test": test.code,
        "gpt_difficulty": problem.difficulty,
    }
    return {**problem.metadata, **row}


def read_humaneval(row: Row, where: str) -> Problem:
    """A row of HumanEval (arXiv 2107.03374), or of a set in its form."""
    for name in ("task_id", "prompt", "entry_point", "canonical_solution", "test"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ProblemError(f"{where}: field '{name}' is missing; this is not HumanEval's data file")
    return Problem(
        id=row["task_id"],
        prompt=row["prompt"],
        tests=[make_test(where, "test", "check", code=row["test"], entry=row["entry_point"])],
        entry_point=row["entry_point"],
        starter_code=row["prompt"],
        reference=row["prompt"] + row["canonical_solution"],
        source="openai/human-eval",
        license="MIT",
    )


def write_humaneval(problem: Problem) -> Row:
    (test,) = _only(problem, "check")
    start = problem.starter_code or ""
    if not (problem.reference or "").startswith(start):
        raise ProblemError(f"{problem.id}: its reference does not begin with its starter code, as HumanEval's do")
    return {
        "task_id": problem.id,
        "prompt": start,
        "entry_point": test.entry,
        "canonical_solution": (problem.reference or "")[len(start) :],
        "test": test.code,
    }


def read_mbpp(row: Row, where: str) -> Problem:
    """A row of MBPP (arXiv 2108.07732), whole (`text`, `test_setup_code`) or sanitised (`prompt`, `test_imports`)."""
    if not isinstance(row.get("task_id"), int | str):
        raise ProblemError(f"{where}: field 'task_id' must be a number")
    setup = optional_text(row, "test_setup_code", where) or "\n".join(row.get("test_imports") or [])
    codes = [text if not setup else f"{setup}\n{text}" for text in list_of(row, "test_list", where)]
    reference = text_of(row, "code", where)
    return Problem(
        f"Mbpp/{row['task_id']}",
        text_of(row, "text" if "text" in row else "prompt", where),
        require_tests([make_test(where, "test_list", "assert", code=code) for code in codes], where),
        entry_point=_called(codes, reference),
        reference=reference,
        source="google-research-datasets/mbpp",
        license="CC-BY-4.0",
        metadata=rest_of(row, "task_id", "text", "prompt", "code", "test_list", "test_setup_code", "test_imports"),
    )


def write_mbpp(problem: Problem) -> Row:
    number = problem.id.removeprefix("Mbpp/")
    return {
        "challenge_test_list": [],
        **problem.metadata,
        "task_id": int(number) if number.isdigit() else problem.id,
        "text": problem.prompt,
        "code": problem.reference or "",
        "test_setup_code": "",
        "test_list": [test.code for test in _only(problem, "assert")],
    }


def _only(problem: Problem, kind: str) -> list:  # type: ignore[type-arg]
    other = {test.kind for test in problem.tests} - {kind}
    if other or (kind in ("pytest", "check") and len(problem.tests) != 1):
        found = ", ".join(sorted(other)) if other else f"{len(problem.tests)} of them"
        one = "one test" if kind in ("pytest", "check") else "tests"
        raise ProblemError(f"{problem.id}: this format holds {one} of kind {kind}; the problem has {found}")
    return problem.tests


def _called(tests: list[str], reference: str) -> str | None:
    """The first function of the reference that the tests call; None where a text is not Python."""
    try:
        defined = {node.name for node in ast.parse(reference).body if isinstance(node, ast.FunctionDef)}
        calls = [node for test in tests for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return None
    names = [node.func.id for node in calls if isinstance(node.func, ast.Name)]
    return next((name for name in names if name in defined), None)
