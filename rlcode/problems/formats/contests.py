"""Data sets of programming contests: APPS, TACO, CodeContests, LiveCodeBench."""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from hashlib import sha256
from typing import Any

from rlcode.problems.formats.fields import (
    Row,
    json_of,
    list_of,
    make_test,
    object_of,
    optional_text,
    require_tests,
    rest_of,
    stdio_tests,
    text_of,
)
from rlcode.problems.schema import Problem, ProblemError
from sandbox import Test

PYTHON3 = 3  # in CodeContests' list of languages
LARGEST_TESTS_MB = 512  # of one LiveCodeBench row, unpacked


def read_apps(row: Row, where: str) -> Problem:
    """A row of APPS (arXiv 2105.09938; codeparrot/apps)."""
    number = row.get("problem_id", row.get("id"))
    if not isinstance(number, int | str):
        raise ProblemError(f"{where}: field 'problem_id' is missing")
    return _with_input_output(row, where, f"apps/{number}", "codeparrot/apps", "MIT")


def read_taco(row: Row, where: str) -> Problem:
    """A row of TACO (arXiv 2312.14852; BAAI/TACO). It has no id: the text's hash is one."""
    digest = sha256(text_of(row, "question", where).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return _with_input_output(row, where, f"taco/{digest}", "BAAI/TACO", "Apache-2.0")


def _with_input_output(row: Row, where: str, name: str, source: str, license: str) -> Problem:
    cases = object_of(row, "input_output", where) if row.get("input_output") else {}
    function = cases.get("fn_name")
    inputs, outputs = cases.get("inputs", []), cases.get("outputs", [])
    starter = optional_text(row, "starter_code", where)
    if function:
        entry = f"Solution.{function}" if "class Solution" in (starter or "") else function
        tests = _function_tests(entry, inputs, outputs, where)
    else:
        entry, tests = None, stdio_tests(inputs, outputs, where, "input_output")
    solutions = list_of(row, "solutions", where) if row.get("solutions") else []
    return Problem(
        name,
        text_of(row, "question", where),
        require_tests(tests, where),
        entry_point=entry,
        starter_code=starter,
        reference=next((text for text in solutions if isinstance(text, str) and text.strip()), None),
        source=source,
        license=license,
        difficulty=optional_text(row, "difficulty", where),
        metadata=rest_of(
            row, "problem_id", "id", "question", "input_output", "starter_code", "solutions", "difficulty"
        ),
    )


def _function_tests(entry: str, inputs: Any, outputs: Any, where: str) -> list[Test]:
    """Calls of a function. APPS writes some expected values into a list of one; its own judge takes both, and so do
    these tests."""
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise ProblemError(f"{where}: field 'input_output' must have as many inputs as outputs")
    tests = []
    for args, expected in zip(inputs, outputs, strict=True):
        if not isinstance(args, list):
            raise ProblemError(f"{where}: field 'input_output': the arguments of a call must be a list")
        if isinstance(expected, list) and len(expected) == 1:
            owner, _, method = entry.rpartition(".")
            call = f"{owner}().{method}" if owner else method
            code = f"assert {call}({', '.join(map(repr, args))}) in ({expected[0]!r}, {expected!r})"
            as_given = {"entry": entry, "args": args, "expected": expected}  # from which the format is written again
            tests.append(make_test(where, "input_output", "assert", code=code, extra=as_given))
        else:
            tests.append(make_test(where, "input_output", "call", entry=entry, args=args, expected=expected))
    return tests


def write_apps(problem: Problem) -> Row:
    return {**problem.metadata, "problem_id": problem.id.removeprefix("apps/"), **_as_input_output(problem)}


def write_taco(problem: Problem) -> Row:
    return {**problem.metadata, **_as_input_output(problem)}


def _as_input_output(problem: Problem) -> Row:
    kinds = {test.kind for test in problem.tests}
    if kinds == {"stdio"}:
        cases: Row = {"inputs": [test.stdin for test in problem.tests], "outputs": [t.stdout for t in problem.tests]}
    elif (calls := [_as_call(test) for test in problem.tests]) and all(call[0] == calls[0][0] != "" for call in calls):
        inputs, outputs = [call[1] for call in calls], [call[2] for call in calls]
        cases = {"fn_name": calls[0][0].removeprefix("Solution."), "inputs": inputs, "outputs": outputs}
    else:
        raise ProblemError(
            f"{problem.id}: this format holds stdio tests, or calls of one function; it has {sorted(kinds)}"
        )
    return {
        "question": problem.prompt,
        "solutions": json.dumps([problem.reference] if problem.reference else []),
        "input_output": json.dumps(cases),
        "difficulty": problem.difficulty,
        "starter_code": problem.starter_code or "",
    }


def _as_call(test: Test) -> tuple[str, list[Any], Any]:
    """Function, arguments and expected value; no function for a test that is no such call. The value of a `call` test
    goes into a list of one, which this format's judges unwrap: a value that is one itself would be taken for that."""
    if test.kind == "call":
        return test.entry, test.args, [test.expected]
    return test.extra.get("entry", ""), test.extra.get("args", []), test.extra.get("expected")


def read_code_contests(row: Row, where: str) -> Problem:
    """A row of CodeContests (arXiv 2203.07814; deepmind/code_contests): the public, private and generated tests."""
    tests = []
    for name in ("public_tests", "private_tests", "generated_tests"):
        if row.get(name):
            cases = object_of(row, name, where)
            tests += stdio_tests(cases.get("input", []), cases.get("output", []), where, name)
    solutions = object_of(row, "solutions", where) if row.get("solutions") else {}
    languages, texts = solutions.get("language", []), solutions.get("solution", [])
    reference = next((text for language, text in zip(languages, texts, strict=False) if language == PYTHON3), None)
    return Problem(
        text_of(row, "name", where),
        text_of(row, "description", where),
        require_tests(tests, where),
        reference=reference,
        source="deepmind/code_contests",
        license="CC-BY-4.0",
        difficulty=row.get("difficulty"),
        metadata=rest_of(row, "name", "description", "public_tests", "private_tests", "generated_tests", "solutions",
                         "incorrect_solutions", "difficulty"),
    )  # fmt: skip


def write_code_contests(problem: Problem) -> Row:
    if {test.kind for test in problem.tests} != {"stdio"}:
        raise ProblemError(f"{problem.id}: CodeContests holds stdio tests only")
    nothing: Row = {"input": [], "output": []}
    return {
        **problem.metadata,
        "name": problem.id,
        "description": problem.prompt,
        "public_tests": {"input": [t.stdin for t in problem.tests], "output": [t.stdout for t in problem.tests]},
        "private_tests": nothing,
        "generated_tests": nothing,
        "solutions": {
            "language": [PYTHON3] if problem.reference else [],
            "solution": [problem.reference] if problem.reference else [],
        },
        "difficulty": problem.difficulty,
    }


def read_sandboxfusion(row: Row, where: str) -> Problem:
    """A contest problem as SandboxFusion's data sets hold them: `content`, `test` and `labels` as JSON text."""
    cases = list_of(row, "test", where)
    if not all(isinstance(case, dict) and {"input", "output"} <= case.keys() for case in cases):
        raise ProblemError(f"{where}: field 'test' must list objects with 'input' and 'output'")
    inputs = [case["input"].get("stdin") for case in cases]
    outputs = [case["output"].get("stdout") for case in cases]
    labels = object_of(row, "labels", where) if row.get("labels") else {}
    return Problem(
        str(row.get("id", where)),
        text_of(row, "content", where),
        require_tests(stdio_tests(inputs, outputs, where, "test"), where),
        source=str(labels.get("source", "code_contests")),
        license="CC-BY-4.0",
        difficulty=labels.get("difficulty"),
        metadata={"labels": labels},
    )


def read_livecodebench(row: Row, where: str) -> Problem:
    """A row of LiveCodeBench (arXiv 2403.07974; livecodebench/code_generation_lite): public and private tests."""
    cases = list_of(row, "public_test_cases", where) + _private_cases(row, where)
    details = json_of(row, "metadata", where) if row.get("metadata") else {}
    function = details.get("func_name") if isinstance(details, dict) else None
    entry = f"Solution.{function}" if function else None
    starter = optional_text(row, "starter_code", where)
    return Problem(
        text_of(row, "question_id", where),
        text_of(row, "question_content", where),
        require_tests([_livecodebench_test(case, entry, where) for case in cases], where),
        entry_point=entry,
        starter_code=starter,
        source="livecodebench/code_generation_lite",
        license="CC",
        difficulty=optional_text(row, "difficulty", where),
        metadata=rest_of(row, "question_id", "question_content", "public_test_cases", "private_test_cases",
                         "starter_code", "difficulty", "metadata"),
    )  # fmt: skip


def _livecodebench_test(case: Any, entry: str | None, where: str) -> Test:
    if not isinstance(case, dict) or not isinstance(case.get("input"), str) or not isinstance(case.get("output"), str):
        raise ProblemError(f"{where}: a test case must have the texts 'input' and 'output'")
    if case.get("testtype") != "functional":
        return make_test(where, "test_cases", "stdio", stdin=case["input"], stdout=case["output"])
    if entry is None:
        raise ProblemError(f"{where}: field 'metadata' must name the function ('func_name') that the tests call")
    try:
        args = [json.loads(line) for line in case["input"].split("\n") if line.strip()]
        expected = json.loads(case["output"])
    except ValueError as error:
        raise ProblemError(f"{where}: the arguments of a test case are not JSON ({error})") from None
    return make_test(where, "test_cases", "call", entry=entry, args=args, expected=expected)


def _private_cases(row: Row, where: str) -> list[Any]:
    """The private tests: JSON text, or JSON text that was pickled, compressed and written in base 64."""
    text = row.get("private_test_cases")
    if not text:
        return []
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        found = _unpack(text, where)
    if not isinstance(found, list):
        raise ProblemError(f"{where}: field 'private_test_cases' must be a list of tests")
    return found


def _unpack(text: Any, where: str) -> Any:
    try:
        packed = zlib.decompressobj()
        data = packed.decompress(base64.b64decode(text), LARGEST_TESTS_MB << 20)
        if packed.unconsumed_tail:
            raise ValueError(f"more than {LARGEST_TESTS_MB} MB")
        return json.loads(_PlainUnpickler(io.BytesIO(data)).load())
    except (TypeError, ValueError, binascii.Error, zlib.error, pickle.UnpicklingError, EOFError) as error:
        raise ProblemError(f"{where}: field 'private_test_cases' cannot be unpacked ({error})") from None


class _PlainUnpickler(pickle.Unpickler):
    """Reads a pickled text. Anything that would import a name, and so could run code, is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def write_livecodebench(problem: Problem) -> Row:
    entries = {test.entry for test in problem.tests if test.kind == "call"}
    if not {test.kind for test in problem.tests} <= {"stdio", "call"} or len(entries) > 1:
        raise ProblemError(f"{problem.id}: LiveCodeBench holds stdio tests, or calls of one method")
    cases = [
        {"input": test.stdin, "output": test.stdout, "testtype": "stdin"}
        if test.kind == "stdio"
        else {
            "input": "\n".join(map(json.dumps, test.args)),
            "output": json.dumps(test.expected),
            "testtype": "functional",
        }
        for test in problem.tests
    ]
    return {
        **problem.metadata,
        "question_id": problem.id,
        "question_content": problem.prompt,
        "public_test_cases": json.dumps(cases),
        "private_test_cases": "[]",
        "starter_code": problem.starter_code or "",
        "difficulty": problem.difficulty,
        "metadata": json.dumps({"func_name": entries.pop().removeprefix("Solution.")} if entries else {}),
    }
