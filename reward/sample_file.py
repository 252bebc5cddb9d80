"""A file of judged samples that grows by whole batches of problems and survives a kill at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reward.rows import RowError, encode_row
from reward.schema import JudgedSample


@dataclass(frozen=True)
class Expected:
    """What the file will hold for one problem: so many samples, with the indices 0 to samples - 1."""

    problem_id: str
    test_set: str
    samples: int


class SampleFile:
    """Appends judged samples in the order of a plan, batch by batch.

    Opening it finds the batches that are whole and cuts off what follows them: a torn last line, or a batch of which
    only some problems reached the disk. `done` is the number of problems that are there. Raises RowError when the file
    holds samples of other problems, of other tests, or of another policy than `policy` where one is given.
    """

    def __init__(self, path: Path, plan: Sequence[Expected], problems_per_batch: int, policy: str = ""):
        self.path = path
        self._plan = plan
        self._policy = policy
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            ends = self._ends(file)
            self.done = len(ends) if len(ends) == len(plan) else len(ends) // problems_per_batch * problems_per_batch
            file.truncate(ends[self.done - 1] if self.done else 0)

    def append(self, samples: Sequence[JudgedSample]) -> None:
        """Add the samples of the next problems: everything is on disk when this returns."""
        with self.path.open("ab", buffering=0) as file:
            remaining = memoryview(b"".join(encode_row(sample.to_dict()) for sample in samples))
            while remaining:
                remaining = remaining[file.write(remaining) :]
            os.fsync(file.fileno())

    def _ends(self, file: BinaryIO) -> list[int]:
        """Where the last row of each whole problem ends, bytes."""
        ends: list[int] = []
        rows = offset = 0
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            if len(ends) == len(self._plan):
                raise RowError(f"{self.path} line {number}: more samples than the {len(ends)} problems have; {_ADVICE}")
            self._check(line, self._plan[len(ends)], rows, number)
            rows, offset = rows + 1, offset + len(line)
            if rows == self._plan[len(ends)].samples:
                ends.append(offset)
                rows = 0
        return ends

    def _check(self, line: bytes, expected: Expected, index: int, number: int) -> None:
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowError(f"{self.path} line {number}: not valid JSON ({error}); {_ADVICE}") from None
        wanted = {"problem_id": expected.problem_id, "index": index, "test_set": expected.test_set}
        for name, value in (wanted | ({"policy": self._policy} if self._policy else {})).items():
            if row.get(name) != value:
                found = f"{name} is {row.get(name)!r}, and this job would write {value!r} there"
                raise RowError(f"{self.path} line {number}: {found}; {_ADVICE}")


_ADVICE = "set output_dir to another folder, or delete the file to begin again"
