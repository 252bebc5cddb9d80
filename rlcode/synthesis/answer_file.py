"""Every answer that was paid for, on disk before anyone uses it: asked again, it comes from here.

`answers.jsonl` is the record: lines are only ever added, each forced to the disk. `answers.index` beside it says where
each answer stands, so that a million of them need no memory; it is made again from the record whenever it is missing or
behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import sqlite3
import threading
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from reward.rows import RowError, encode_row
from rlcode.synthesis.teachers import Answer, Request

RESERVE_BYTES = 16 << 20  # of disk, given up when there is no other left
COMMIT_EVERY = 1000  # answers; what the index lacks after a kill is read from the record again
_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, start INTEGER, prompt_tokens INTEGER, "
    "completion_tokens INTEGER, dollars REAL, stop INTEGER) WITHOUT ROWID"
)
_FIELDS = {field.name for field in fields(Answer)} - {"paid"}


class AnswersInUse(RuntimeError):
    """Another process writes to the same file of answers."""


@dataclass(frozen=True)
class Spent:
    """What answers cost."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float = 0.0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.dollars + other.dollars,
        )

    def __str__(self) -> str:
        cost = f", ${self.dollars:.4f}" if self.dollars else ""
        return f"{self.calls} calls, {self.prompt_tokens:,} + {self.completion_tokens:,} tokens{cost}"


class AnswerFile:
    """Answers by key. May be used from several threads; a second process is refused with AnswersInUse.

    Opening it cuts off a last line that a kill tore. Raises RowError where any other line is damaged, and where the
    disk has no room to keep in reserve.
    """

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise AnswersInUse(f"{path} is being written by another process; wait for its end, or end it") from None
        self._reserve = path.with_suffix(".reserve")
        self._lock = threading.Lock()
        self._uncommitted = 0
        self._index_ends = False
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, self._descriptor)
            undo.callback(self._reserve.unlink, missing_ok=True)
            self._reserve_room()
            try:
                self._index = self._open_index()
                self._end = self._index_the_rest()
                self.spent = self._sum()
            except sqlite3.Error as error:
                raise self._index_failed(error) from None
            undo.pop_all()

    def get(self, key: str) -> Answer | None:
        with self._lock:
            found = self._index.execute("SELECT start, stop FROM answers WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        start, stop = found
        row = json.loads(os.pread(self._descriptor, stop - start, start))
        return Answer(**{name: value for name, value in row.items() if name in _FIELDS})

    def put(self, key: str, request: Request, answer: Answer) -> None:
        """Add an answer; it is on the disk when this returns.

        Raises RowError when the disk is full. The answer is on it nevertheless, and so are those that are put after
        that, as long as the reserve lasts: no further calls should be begun.
        """
        row = {"key": key, "label": request.label, **asdict(answer)}
        del row["paid"]
        line = encode_row(row)
        with self._lock:
            start, full = self._end, False
            try:
                self._append(line)
            except OSError:
                full = True
                self._reserve.unlink(missing_ok=True)  # for the answers of calls under way, which are paid for
                try:
                    self._append(line)
                except OSError as error:
                    raise RowError(f"{self.path}: an answer could not be written: {error}; make room") from error
            self._end += len(line)
            self._enter(row, start, self._end)
            self.spent += Spent(1, answer.prompt_tokens, answer.completion_tokens, answer.dollars)
        if full:
            raise RowError(f"{self.path}: the disk is full; make room, and start again to go on")

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # a full disk; what the index lacks is read from the record again
            self._index.commit()
        self._index.close()
        self._reserve.unlink(missing_ok=True)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _append(self, line: bytes) -> None:
        """Raises OSError on a full disk; no half of a line stays then before the next one."""
        remaining = memoryview(line)
        try:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._end)
            raise

    def _reserve_room(self) -> None:
        try:
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                room = f"{RESERVE_BYTES >> 20} MB for answers that are paid for"
                raise RowError(f"{self.path}: the disk has no {room} ({error.strerror}); make room") from None

    def _open_index(self) -> sqlite3.Connection:
        path = self.path.with_suffix(".index")
        index = _connect(path)
        indexed = index.execute("SELECT MAX(stop) FROM answers").fetchone()[0] or 0
        if indexed > os.fstat(self._descriptor).st_size:  # the record was replaced by another one
            index.close()
            path.unlink()
            index = _connect(path)
        return index

    def _index_the_rest(self) -> int:
        """Enter what the index lacks, cut off a torn last line, and return where the record ends."""
        offset = int(self._index.execute("SELECT MAX(stop) FROM answers").fetchone()[0] or 0)
        with open(self.path, "rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._descriptor, offset)
                    break
                self._enter(self._checked(line, offset), offset, offset + len(line))
                offset += len(line)
        self._index.commit()
        return offset

    def _checked(self, line: bytes, offset: int) -> dict[str, Any]:
        try:
            row = json.loads(line)
            if isinstance(row["key"], str) and row.keys() >= _FIELDS:
                return dict(row)
        except (ValueError, LookupError, TypeError):
            pass
        raise RowError(f"{self.path}, at byte {offset}: this line is no answer; take it out of the file")

    def _enter(self, row: dict[str, Any], start: int, stop: int) -> None:
        if self._index_ends:
            return
        values = (row["key"], start, row["prompt_tokens"], row["completion_tokens"], row["dollars"], stop)
        try:
            self._index.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", values)
            self._uncommitted += 1
            if self._uncommitted >= COMMIT_EVERY:
                self._index.commit()
                self._uncommitted = 0
        except sqlite3.Error as error:
            self._index_ends = True  # nothing may stand behind a gap: the next start reads on from the last entry
            raise self._index_failed(error) from None

    def _index_failed(self, error: sqlite3.Error) -> RowError:
        return RowError(f"{self.path.with_suffix('.index')}: {error}; make room, and start again to go on")

    def _sum(self) -> Spent:
        row = self._index.execute(
            "SELECT COUNT(*), TOTAL(prompt_tokens), TOTAL(completion_tokens), TOTAL(dollars) FROM answers"
        ).fetchone()
        return Spent(int(row[0]), int(row[1]), int(row[2]), float(row[3]))


def _connect(path: Path) -> sqlite3.Connection:
    """The index; synchronous=OFF because the record, not the index, is what must survive."""
    for attempt in (1, 2):
        index = sqlite3.connect(path, check_same_thread=False)
        try:
            index.execute("PRAGMA synchronous=OFF")
            index.execute(_TABLE)
            index.execute("SELECT MAX(stop) FROM answers").fetchone()
            return index
        except sqlite3.DatabaseError:
            index.close()
            if attempt == 2:
                raise
            path.unlink()
    raise AssertionError("unreachable")
