"""What a run says while it works: lines for the terminal and log.txt, with rows, rate, cost and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from rlcode.synthesis.answer_file import Spent
from rlcode.tracking.curves import duration
from rlcode.tracking.records import LineFile

SECONDS_BETWEEN_LINES = 10.0


class Log:
    """Says things in the terminal and in a file."""

    def __init__(self, path: Path):
        self._file = LineFile(path)

    def message(self, text: str) -> None:
        now = datetime.now().astimezone()
        self._file.append(f"{now.isoformat(sep=' ', timespec='seconds')} " + text.replace("\n", "\n    "))
        print(f"{now:%H:%M:%S}  {text}", flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._file.append(f"{datetime.now().astimezone().isoformat(sep=' ', timespec='seconds')} ended: {error!r}")
        self._file.close()


class StageProgress:
    """A line every ten seconds: `questions 120/400 rows  3.2/s  118 calls, 12,345 + 23,456 tokens  1 min 27 s left`."""

    def __init__(self, log: Log, name: str, total: int, spent: Callable[[], Spent]):
        self._log, self._name, self._total, self._spent = log, name, total, spent
        self._done = self._new = 0
        self._began = self._said = time.monotonic()

    def advance(self, rows: int, old: bool) -> None:
        self._done += rows
        self._new += 0 if old else rows
        now = time.monotonic()
        if self._new and now - self._said >= SECONDS_BETWEEN_LINES:
            self._said = now
            rate = self._new / (now - self._began)
            left = duration((self._total - self._done) / rate)
            rows_done = f"{self._name} {self._done}/{self._total} rows"
            self._log.message(f"{rows_done}  {rate:.1f}/s  {self._spent()}  {left} left")
