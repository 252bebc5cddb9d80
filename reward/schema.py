"""Rows on disk: judged samples and preference pairs. Fields that are not named here survive reading and writing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from reward.rows import RowError, iterate_rows, write_rows


class PairsError(ValueError):
    """A set of pairs that cannot be trained on; the message says why and what to do."""


@dataclass(frozen=True)
class JudgedSample:
    """One program that a policy wrote, judged against every test of its problem.

    `pass_vector` has the outcome of each test, in order (passed | failed | error | timeout | …). `complete` says that
    every test ran: only then `pass_rate` is a measured share. `test_set` is the hash of the tests, `sampling` how the
    program was drawn, `policy` the hash of the model that wrote it. `first_test` is what a reward model is shown of
    the tests.
    """

    problem_id: str
    question: str
    index: int
    program: str
    outcome: str  # passed | failed | infra_error
    pass_vector: list[str]
    complete: bool
    test_set: str
    pass_rate: float | None = None
    first_test: str = ""
    completion: str = ""
    finish_reason: str = ""  # stop | length
    sampling: dict[str, Any] = field(default_factory=dict)
    policy: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return _to_row(self)


@dataclass(frozen=True)
class Pair:
    """Two answers to one instruction, the first better than the second, in the columns of AceCodePair-300K.

    `chosen` and `rejected` are whole answers. The fields below `id` are this project's own; rows of AceCodePair-300K
    lack them.
    """

    instruction: str
    chosen: str
    rejected: str
    input: str = ""
    id: int | str = 0
    problem_id: str = ""
    test_set: str = ""
    chosen_pass_rate: float | None = None
    rejected_pass_rate: float | None = None
    chosen_program: str = ""
    rejected_program: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def user_text(self) -> str:
        """What the user says: the instruction, and below it the input where there is one (the Alpaca convention)."""
        return f"{self.instruction}\n{self.input}" if self.input else self.instruction

    @property
    def margin(self) -> float | None:
        """Difference of the pass rates; None where a row does not give them."""
        if self.chosen_pass_rate is None or self.rejected_pass_rate is None:
            return None
        return self.chosen_pass_rate - self.rejected_pass_rate

    def to_dict(self) -> dict[str, Any]:
        return _to_row(self)


def read_samples(path: str | Path) -> list[JudgedSample]:
    """Every judged sample of a .jsonl, .jsonl.gz or .parquet file. Raises RowError naming file, line and field."""
    return [_from_row(JudgedSample, row, where) for where, row in iterate_rows(Path(path))]


def write_samples(samples: Iterable[JudgedSample], path: str | Path) -> None:
    write_rows((sample.to_dict() for sample in samples), Path(path))


def read_pairs(path: str | Path) -> list[Pair]:
    """Every pair of a .jsonl, .jsonl.gz or .parquet file, plain AceCodePair-300K rows among them.

    Texts may be empty or equal: what to do with such pairs is for the reader to decide. Raises RowError naming file,
    line and field when a text is missing or no text.
    """
    return [pair_of(row, where) for where, row in iterate_rows(Path(path))]


def pair_of(row: Mapping[str, Any], where: str) -> Pair:
    """One row as a pair. Raises RowError naming `where` and the field."""
    return _from_row(Pair, row, where)


def write_pairs(pairs: Iterable[Pair], path: str | Path) -> None:
    write_rows((pair.to_dict() for pair in pairs), Path(path))


Row = TypeVar("Row", JudgedSample, Pair)

# What a field's annotation admits in JSON, and how an error message calls it.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "int": ((int,), "a whole number"),
    "bool": ((bool,), "true or false"),
    "int | str": ((int, str), "a number or text"),
    "float | None": ((int, float, type(None)), "a number or null"),
    "list[str]": ((list,), "a list of texts"),
    "dict[str, Any]": ((dict,), "an object"),
}


def _from_row(kind: type[Row], row: Mapping[str, Any], where: str) -> Row:
    known = {item.name: str(item.type) for item in dataclasses.fields(kind) if item.name != "extra"}
    required = [item.name for item in dataclasses.fields(kind) if _has_no_default(item)]
    for name in required:
        if name not in row:
            raise RowError(f"{where}: field '{name}' is missing; a {kind.__name__} needs {', '.join(required)}")
    for name in known.keys() & row.keys():
        _require_type(row[name], known[name], f"{where}: field '{name}'")
    extra = {name: value for name, value in row.items() if name not in known}
    return kind(**{name: row[name] for name in known if name in row}, extra=extra)


def _has_no_default(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _require_type(value: Any, annotation: str, where: str) -> None:
    types, wanted = _TYPES[annotation]
    right = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    if annotation == "list[str]" and right:
        right = all(isinstance(item, str) for item in value)
    if not right:
        raise RowError(f"{where} must be {wanted}, not {type(value).__name__}")


def _to_row(item: JudgedSample | Pair) -> dict[str, Any]:
    row = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    extra = row.pop("extra")
    return row | extra
