"""A stage of a pipeline: rows in, rows out, a file for those it keeps and one for those it rejects.

Both files hold their rows in the order of the input, and each row the digest of what it was made from. So a stage
that was killed knows where to go on, and one whose input has changed begins again where it changed, with nothing in
memory but the rows it is working on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from reward.rows import RowError, encode_row
from rlcode.synthesis.rejection import Rejection, Row

W = TypeVar("W")
R = TypeVar("R")


@dataclass(frozen=True)
class Stage(Generic[W, R]):
    """What happens to each row.

    `ask` says what has to be found out about it (nothing, calls to a teacher, programs to be judged), `answer` does
    that for many rows together, and `conclude` makes of a row and its answers the next row, or a Rejection. `settings`
    are those that decide, beside the row, what becomes of it: with others it is done again.
    """

    name: str
    ask: Callable[[Row], Sequence[W]]
    answer: Callable[[Sequence[W]], Iterator[tuple[int, R]]]
    conclude: Callable[[Row, Sequence[R]], Row | Rejection]
    settings: Row = field(default_factory=dict)

    def digest(self, row: Row) -> str:
        """Of all that an outcome is made from."""
        return hashlib.sha256(encode_row(row) + encode_row(self.settings)).hexdigest()[:16]


@dataclass(frozen=True)
class StageFiles:
    """Where a stage writes."""

    folder: Path
    name: str

    @property
    def kept(self) -> Path:
        return self.folder / f"{self.name}.jsonl"

    @property
    def rejected(self) -> Path:
        return self.folder / f"{self.name}.rejected.jsonl"

    def delete(self) -> None:
        self.kept.unlink(missing_ok=True)
        self.rejected.unlink(missing_ok=True)


def run_stage(
    stage: Stage[W, R],
    inputs: Callable[[], Iterable[Row]],
    files: StageFiles,
    rows_per_batch: int,
    advance: Callable[[int, bool], None] = lambda rows, old: None,
) -> None:
    """Work on the rows that the files do not have yet. `inputs` is called twice: to find out which those are, and to
    read them. `advance` hears how many rows are done, and whether they were from before; a row is done when all about
    it has been found out, and written when the rows before it are.

    Every row that is concluded when an error ends the stage is in the files.
    """
    done = _go_on(inputs(), stage, files)
    advance(done, True)
    with closing(_Writer(stage, files)) as writer:
        rest = islice(inputs(), done, None)
        while batch := list(islice(rest, rows_per_batch)):
            _run_batch(stage, batch, writer, advance)
            writer.sync()


def read_stage(path: Path) -> Iterator[Row]:
    """The rows of a stage's file; a last line without its end, which a kill left, is passed over."""
    return (row for _, row in _lines(path))


def _run_batch(stage: Stage[W, R], batch: Sequence[Row], writer: _Writer, advance: Callable[[int, bool], None]) -> None:
    asked = [list(stage.ask(row)) for row in batch]
    place = [(row, number) for row, items in enumerate(asked) for number in range(len(items))]
    results: list[dict[int, R]] = [{} for _ in batch]
    advance(asked.count([]), False)
    concluded = 0

    def conclude_in_order() -> None:
        nonlocal concluded
        while concluded < len(batch) and len(results[concluded]) == len(asked[concluded]):
            row, answers = batch[concluded], results[concluded]
            writer.write(row, stage.conclude(row, [answers[number] for number in range(len(answers))]))
            concluded += 1

    conclude_in_order()
    work = [item for items in asked for item in items]
    if work:
        with closing(_as_generator(stage.answer(work))) as answers:
            for index, result in answers:
                row, number = place[index]
                results[row][number] = result
                advance(len(results[row]) == len(asked[row]), False)
                conclude_in_order()


def _as_generator(items: Iterator[tuple[int, R]]) -> Generator[tuple[int, R], None, None]:
    """So that whatever `items` is, it can be closed."""
    yield from items


class _Writer:
    """Appends to both files of a stage."""

    def __init__(self, stage: Stage[Any, Any], files: StageFiles):
        files.folder.mkdir(parents=True, exist_ok=True)
        self._stage = stage
        mode = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._kept, self._rejected = (os.open(path, mode, 0o644) for path in (files.kept, files.rejected))

    def write(self, source: Row, outcome: Row | Rejection) -> None:
        if isinstance(outcome, Rejection):
            known = {"stage": self._stage.name, "reason": outcome.reason, "detail": outcome.detail}
            _append(self._rejected, known | {"from": self._stage.digest(source), "row": source})
        else:
            _append(self._kept, outcome | {"from": self._stage.digest(source)})

    def sync(self) -> None:
        os.fsync(self._kept)
        os.fsync(self._rejected)

    def close(self) -> None:
        os.close(self._kept)
        os.close(self._rejected)


def _append(descriptor: int, row: Row) -> None:
    remaining = memoryview(encode_row(row))
    try:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    except OSError as error:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        raise RowError(f"{path}: a row could not be written: {error}; make room, and start again to go on") from error


def _go_on(inputs: Iterable[Row], stage: Stage[Any, Any], files: StageFiles) -> int:
    """How many of the first inputs are in the files; whatever else stands there is cut off.

    An input of which neither file has the digest next is the first one to work on: what follows it was made from other
    rows or with other settings, or outlived a row that a crash of the machine lost.
    """
    done = 0
    followers = [_Follower(path) for path in (files.kept, files.rejected)]
    if any(follower.next for follower in followers):
        for row in inputs:
            wanted = stage.digest(row)
            follower = next((one for one in followers if one.next == wanted), None)
            if follower is None:
                break
            follower.step()
            done += 1
    for follower in followers:
        follower.cut()
    return done


class _Follower:
    """Goes through one file of a stage: `next` is the digest in its next row, empty at the end."""

    def __init__(self, path: Path):
        self._path = path
        self._rows = _lines(path)
        self._end = self._next_end = 0
        self.next = ""
        self._read()

    def step(self) -> None:
        self._end = self._next_end
        self._read()

    def _read(self) -> None:
        self._next_end, row = next(self._rows, (0, {}))
        self.next = str(row.get("from", ""))

    def cut(self) -> None:
        """Take away everything from the next row on."""
        if self._path.exists():
            os.truncate(self._path, self._end)


def _lines(path: Path) -> Iterator[tuple[int, Row]]:
    """Each whole row with the offset at which it ends."""
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from _whole_lines(file, path)


def _whole_lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, Row]]:
    offset = 0
    for number, line in enumerate(file, start=1):
        if not line.endswith(b"\n"):
            return
        offset += len(line)
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowError(
                f"{path} line {number}: not valid JSON ({error}); delete the file to make it again"
            ) from None
        if not isinstance(row, dict):
            raise RowError(f"{path} line {number}: a row is a JSON object; delete the file to make it again")
        yield offset, row
