"""Takes fields out of rows of other people's schemas, with an error that says which row and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from rlcode.problems.schema import ProblemError
from sandbox import InvalidTest, Test

Row = dict[str, Any]
T = TypeVar("T")


def read_row(read: Callable[[Row, str], T], row: Row, where: str) -> T:
    """What a reader makes of a row. Raises ProblemError also where the row is of a form that it did not reckon with."""
    try:
        return read(row, where)
    except ProblemError:
        raise
    except (TypeError, AttributeError, ValueError, LookupError, RecursionError, SyntaxError) as error:
        raise ProblemError(f"{where}: a field is not of this format ({type(error).__name__}: {error})") from error


def text_of(row: Row, name: str, where: str) -> str:
    """A text field that must be there and say something."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(f"{where}: field '{name}' must be text that is not empty")
    return value


def optional_text(row: Row, name: str, where: str) -> str | None:
    """A text field, or None where it is missing or empty."""
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise ProblemError(f"{where}: field '{name}' must be text, not {type(value).__name__}")
    return value if value and value.strip() else None


def list_of(row: Row, name: str, where: str) -> list[Any]:
    """A list, or the JSON text of one."""
    value = json_of(row, name, where)
    if not isinstance(value, list):
        raise ProblemError(f"{where}: field '{name}' must be a list, not {type(value).__name__}")
    return value


def object_of(row: Row, name: str, where: str) -> Row:
    """An object, or the JSON text of one."""
    value = json_of(row, name, where)
    if not isinstance(value, dict):
        raise ProblemError(f"{where}: field '{name}' must be an object, not {type(value).__name__}")
    return value


def json_of(row: Row, name: str, where: str) -> Any:
    """A value, out of its JSON text where a data set stores it so."""
    if name not in row:
        raise ProblemError(f"{where}: field '{name}' is missing")
    if not isinstance(row[name], str):
        return row[name]
    try:
        return json.loads(row[name])
    except ValueError as error:
        raise ProblemError(f"{where}: field '{name}' is not the JSON text it should be ({error})") from None


def make_test(where: str, name: str, kind: Any, **fields: Any) -> Test:
    """A test out of field `name`."""
    try:
        return Test(kind, **fields)
    except InvalidTest as error:
        raise ProblemError(f"{where}: field '{name}': {error}") from None


def stdio_tests(inputs: Any, outputs: Any, where: str, name: str) -> list[Test]:
    """One test for each input and the output beside it. Some sets give the lines of a text as a list."""
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise ProblemError(f"{where}: field '{name}' must have as many inputs as outputs")
    return [
        make_test(where, name, "stdio", stdin=_lines(stdin), stdout=_lines(stdout))
        for stdin, stdout in zip(inputs, outputs, strict=True)
    ]


def _lines(value: Any) -> Any:
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "\n".join(value) if is_lines else value


def require_tests(tests: list[Test], where: str) -> list[Test]:
    if not tests:
        raise ProblemError(f"{where}: there are no tests in it")
    return tests


def rest_of(row: Row, *used: str) -> Row:
    """The fields that a reader has no use for, kept in the problem's metadata. Dates become text."""
    left = {name: value for name, value in row.items() if name not in used and value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in left.items()}
