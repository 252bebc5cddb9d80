"""JSON Lines that survive a kill: one write per row, and a torn last line is recognised for what it is."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reward.rows import RowError

Row = dict[str, Any]


class LineFile:
    """Appends lines. Each reaches the operating system in one write before `append` returns, from any thread."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")

    def append(self, line: str) -> None:
        remaining = memoryview((line + "\n").encode("utf-8", errors="replace"))
        while remaining:
            remaining = remaining[os.write(self._descriptor, remaining) :]

    def close(self) -> None:
        os.close(self._descriptor)


class RecordFile(LineFile):
    """Appends rows to a JSON Lines file."""

    def append_row(self, row: Row) -> None:
        self.append(json.dumps(finite(row), ensure_ascii=False, allow_nan=False))


def read_records(path: Path) -> list[Row]:
    """The rows of a JSON Lines file; none if it does not exist.

    A last line without its newline is the mark of a writer that was killed (or is writing now) and is left out.
    Any other line that is not a JSON object is damage nobody expects: RowError with file and line.
    """
    if not path.exists():
        return []
    *lines, _torn = path.read_bytes().split(b"\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowError(f"{path}, line {number}: not valid JSON ({error}); delete or repair that line") from error
        if not isinstance(row, dict):
            raise RowError(f"{path}, line {number}: expected a JSON object, found {type(row).__name__}")
        rows.append(row)
    return rows


def keep_records(path: Path, wanted: Callable[[Row], bool]) -> list[Row]:
    """Rewrite the file with the wanted rows only, without a torn last line, and return them."""
    kept = [row for row in read_records(path) if wanted(row)]
    if path.exists():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
        replace_file(path, text.encode("utf-8"))
    return kept


def replace_file(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader sees the old file or the new one and never half of either."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_bytes(content)
    os.replace(beside, path)


def finite(value: Any) -> Any:
    """NaN and infinities, which JSON does not know, become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
