"""Rows of JSON Lines and Parquet files, each with the place it stands at."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


class RowError(ValueError):
    """A file or one of its rows cannot be used; the message says which, what is wrong and what to do."""


PARQUET_ROWS_AT_ONCE = 256


def iterate_rows(
    path: Path, error: type[ValueError] = RowError, reject: Callable[[str, str], None] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """("FILE line N" or "FILE row N", row) for each row of a .jsonl, .jsonl.gz or .parquet file, counting from 1.

    Rows are read as they are asked for. Raises `error` for a missing or damaged file, and for a line that is no JSON
    object, unless `reject` takes those (where, why). In rows of a Parquet file fields without a value are left out.
    """
    if not path.is_file():
        raise error(f"{path}: no such file; give the path of an existing file")
    return _parquet_rows(path, error) if path.suffix == ".parquet" else _json_rows(path, error, reject)


def write_rows(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write JSON Lines beside and rename, so that a reader never sees half a file. A full disk is an OSError that names
    the file, and nothing is left of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            file.writelines(encode_row(row) for row in rows)
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, error.filename or str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def encode_row(row: Mapping[str, Any]) -> bytes:
    """One line of JSON. Lone surrogates, which tokenizers can emit and UTF-8 cannot hold, become question marks."""
    return (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", errors="replace")


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it: dates, bytes and so on as text, and null for a number that is none."""
    return dict(json.loads(json.dumps(row, default=str), parse_constant=lambda name: None))


def _json_rows(
    path: Path, error: type[ValueError], reject: Callable[[str, str], None] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, line in _lines(path, error):
        if not line.strip():
            continue
        try:
            row = _object(line)
        except ValueError as damage:
            if reject is None:
                raise error(f"{where}: {damage}") from damage
            reject(where, str(damage))
            continue
        yield where, row


def _object(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))  # some editors put a mark before the first line
    except UnicodeDecodeError as damage:
        raise ValueError(f"not UTF-8 text ({damage.reason}); save it as UTF-8") from damage
    except RecursionError as damage:
        raise ValueError("nested too deeply") from damage
    except json.JSONDecodeError as damage:
        raise ValueError(f"not valid JSON ({damage.msg} at column {damage.colno})") from damage
    if not isinstance(row, dict):
        raise ValueError(f"a row is a JSON object with fields, not {type(row).__name__}")
    return row


def _lines(path: Path, error: type[ValueError]) -> Iterator[tuple[str, bytes]]:
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                yield f"{path} line {number}", line
    except (gzip.BadGzipFile, EOFError, zlib.error) as damage:
        raise error(f"{path} line {number + 1}: damaged gzip data ({damage}); fetch the file again") from damage


def _parquet_rows(path: Path, error: type[ValueError]) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else what was read stays in memory
            for batch in file.iter_batches(PARQUET_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path} row {number}", {name: value for name, value in row.items() if value is not None}
    except (pa.ArrowInvalid, OSError) as damage:
        raise error(f"{path}: not a readable Parquet file ({damage})") from damage
