"""What a problem is: one task for a model, with the tests that decide whether a program solves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sandbox import Test


class ProblemError(ValueError):
    """A problem, or the file it stands in, cannot be used. The message says where, what is wrong and what to do."""


@dataclass(frozen=True)
class Problem:
    """One task.

    `starter_code` is the text a program begins with (a `def` line, or a signature with its docstring); a completion
    may continue it. `reference` is a whole program that passes `tests`. `extra` holds the fields of a row that are not
    named here, so that reading and writing a row loses nothing.
    """

    id: str
    prompt: str
    tests: list[Test]
    entry_point: str | None = None
    starter_code: str | None = None
    reference: str | None = None
    source: str = ""
    license: str = ""
    difficulty: str | float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], where: str = "problem") -> Problem:
        """Builds a problem from a row; `where` (file and line) opens every error message.

        Raises ProblemError when a field is missing, empty or of the wrong type, or when there are no tests.
        """
        if not isinstance(row, Mapping):
            raise ProblemError(f"{where}: a problem is a JSON object with fields, not {_kind(row)}")
        known = {name: value for name, value in row.items() if name in _FIELDS}
        for name in ("id", "prompt"):
            _require_text(known, name, where)
        for name, (types, wanted) in _OPTIONAL_TYPES.items():
            value = known.get(name)
            if value is None:
                known.pop(name, None)
            elif not isinstance(value, types) or isinstance(value, bool):
                raise ProblemError(f"{where}: field '{name}' must be {wanted}, not {_kind(value)}; correct it")
        known["tests"] = _tests(row.get("tests"), where)
        extra = {name: value for name, value in row.items() if name not in _FIELDS}
        return cls(**known, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """The row this problem is written as: the fields that are set, then the fields this schema does not know."""
        row: dict[str, Any] = {"id": self.id, "prompt": self.prompt}
        for name in _OPTIONAL_TYPES:
            value = getattr(self, name)
            if value not in (None, "", {}):
                row[name] = value
        row["tests"] = [test.to_dict() for test in self.tests]
        return row | self.extra


_FIELDS = {f.name for f in fields(Problem)} - {"extra"}

_OPTIONAL_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "entry_point": (str, "the name of a function"),
    "starter_code": (str, "Python text"),
    "reference": (str, "Python text"),
    "source": (str, "text"),
    "license": (str, "text"),
    "difficulty": ((str, int, float), "text or a number"),
    "metadata": (dict, "an object"),
}


def _require_text(row: Mapping[str, Any], name: str, where: str) -> None:
    if name not in row or row[name] is None:
        raise ProblemError(f"{where}: field '{name}' is missing; every problem needs one")
    if not isinstance(row[name], str) or not row[name].strip():
        raise ProblemError(f"{where}: field '{name}' must be non-empty text, not {_kind(row[name])}")


def _tests(rows: Any, where: str) -> list[Test]:
    if not isinstance(rows, list) or not rows:
        found = "is missing" if rows is None else "is empty" if rows == [] else f"is {_kind(rows)}"
        raise ProblemError(
            f"{where}: field 'tests' {found}; give a list with at least one test, "
            'such as {"kind": "assert", "code": "assert f(1) == 2"}'
        )
    tests = []
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ProblemError(f"{where}: field 'tests[{index}]' must be an object with a 'kind', not {_kind(row)}")
        try:
            tests.append(Test.from_dict(row))
        except (ValueError, TypeError, KeyError) as error:
            raise ProblemError(f"{where}: field 'tests[{index}]': {error}") from error
    return tests


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    if value == "":
        return "empty text"
    return names.get(type(value), "null" if value is None else type(value).__name__)
