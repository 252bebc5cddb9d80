"""Turns a data set of one schema into one of another, row by row, and counts and lists every row that does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from reward.rows import encode_row, plain
from rlcode.problems.formats import FORMATS, PAIR_FORMATS, TRACE_FORMATS
from rlcode.problems.formats.pairs import pairs_of
from rlcode.problems.formats.traces import traces_of
from rlcode.problems.readers import Reject, iterate_problems
from rlcode.problems.schema import ProblemError
from rlcode.problems.sources import rows_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Converted:
    """What a conversion did. `rejected` counts the rows by the reason, without the place each stood at."""

    written: int
    rejected: Counter[str]
    file: Path
    rejected_file: Path

    def __str__(self) -> str:
        lines = [f"{self.written} rows written to {self.file}, {self.rejected.total()} rejected"]
        lines += [f"{count:>8} {reason}" for reason, count in self.rejected.most_common()]
        return "\n".join(lines + [f"see {self.rejected_file}"] * bool(self.rejected))


def convert(source: str, file: str | Path, to: str | None = None) -> Converted:
    """Write the rows of `source`, FORMAT:PLACE, to a `.jsonl` file in the format `to`, one in memory at a time.

    Rows that cannot be read, repeat an id or cannot be written go to FILE.rejected.jsonl with the place they stood at
    and why. Values that JSON does not have are written as text, and numbers that are none as null. Raises ProblemError
    for a format that is not known or cannot be written, and for a missing source; files of before then stay.
    """
    file = Path(file)
    name, _, place = source.partition(":")
    write, read = _writer(name, to), _reader(name, place)
    if file.suffix != ".jsonl":
        raise ProblemError(f"{file}: rows are written to a file ending in .jsonl")
    rejected_file = file.with_suffix(".rejected.jsonl")
    file.parent.mkdir(parents=True, exist_ok=True)
    reasons: Counter[str] = Counter()
    written = 0
    with _beside(file) as good, _beside(rejected_file) as bad:

        def reject(where: str, why: str, row: Row) -> None:
            reasons[why.removeprefix(f"{where}: ")] += 1
            _write(bad, {"where": where, "why": why.removeprefix(f"{where}: "), "row": row})

        for item in read(reject):
            try:
                row = write(item)
            except ProblemError as error:
                reject(str(item.id), str(error).removeprefix(f"{item.id}: "), item.to_dict())
                continue
            _write(good, row)
            written += 1
    return Converted(written, reasons, file, rejected_file)


def _reader(name: str, place: str) -> Callable[[Reject], Iterator[Any]]:
    if name in TRACE_FORMATS:
        return lambda reject: traces_of(name, rows_of(place, lambda where, why: reject(where, why, {})), reject)
    if name in PAIR_FORMATS:
        return lambda reject: pairs_of(rows_of(place, lambda where, why: reject(where, why, {})), reject)
    return lambda reject: _with_new_ids(iterate_problems(name, place, reject), reject)


def _with_new_ids(problems: Iterator[tuple[str, Any]], reject: Reject) -> Iterator[Any]:
    seen: set[str] = set()
    for where, problem in problems:
        if problem.id in seen:
            reject(where, "its id was used before", problem.to_dict())
        else:
            seen.add(problem.id)
            yield problem


def _writer(name: str, to: str | None) -> Callable[[Any], Row]:
    """The writer of a format of the same family, traces, pairs or problems, as the one that is read."""
    if name in TRACE_FORMATS:
        writers: dict[str, Callable[[Any], Row]] = {key: item.write for key, item in TRACE_FORMATS.items()}
    elif name in PAIR_FORMATS:
        writers = dict(PAIR_FORMATS)
    elif name in (*FORMATS, "evalplus"):
        writers = {key: item.write for key, item in FORMATS.items() if item.write is not None}
    else:
        known = ", ".join((*FORMATS, "evalplus", *TRACE_FORMATS, *PAIR_FORMATS))
        raise ProblemError(f"'{name}' is no format that is known; give FORMAT:PLACE with one of {known}")
    to = to or ("traces" if name in TRACE_FORMATS else name if name in PAIR_FORMATS else "problems")
    if to not in writers:
        raise ProblemError(f"rows of {name} cannot be written as '{to}'; possible are {', '.join(writers)}")
    return writers[to]


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once all is written."""
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write(file: BinaryIO, row: Row) -> None:
    try:
        line = encode_row(row)
    except (TypeError, ValueError):
        line = encode_row(plain(row))
    file.write(line)
