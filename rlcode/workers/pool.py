"""Workers that all can do the same: work goes to the one with the least to do, and a dead one's work is moved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rlcode.workers.handle import Handle, Pending, WorkerDied, WorkerTimeout, start_again

ATTEMPTS = 3


@dataclass(frozen=True)
class Batch:
    """Jobs on their way to an answer each."""

    jobs: Sequence[Any]
    worker: int
    start: int  # which start of that worker took them
    pending: Pending


class Pool:
    """Workers whose `method` takes a list of jobs and returns the list of their answers."""

    def __init__(self, handles: list[Handle], method: str, deadline_seconds: float):
        self._handles, self._method, self._deadline = handles, method, deadline_seconds
        self._outstanding = [0] * len(handles)
        self._restarts = [0] * len(handles)
        self._lost: set[int] = set()

    @property
    def restarts(self) -> int:
        """How often a worker that died was started again."""
        return sum(self._restarts) - len(self._lost)

    def submit(self, jobs: Sequence[Any]) -> Batch:
        """Start on the jobs; the answers are waited for with `result`."""
        usable = [worker for worker in range(len(self._handles)) if worker not in self._lost]
        worker = min(usable, key=self._outstanding.__getitem__)
        self._outstanding[worker] += len(jobs)
        return Batch(jobs, worker, self._restarts[worker], self._handles[worker].submit(self._method, jobs))

    def result(self, batch: Batch) -> list[Any]:
        """Answers in the order of the jobs. A batch whose worker died is done again, `ATTEMPTS` times at most."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._result(batch)
            except WorkerDied:
                if attempt == ATTEMPTS:
                    raise
                if batch.start == self._restarts[batch.worker]:  # not yet started again for another of its batches
                    self._start_again(batch.worker)
                batch = self.submit(batch.jobs)
        raise AssertionError("unreachable")

    def _start_again(self, worker: int) -> None:
        """A worker for which the cluster has lost the room is left out, as long as there are others."""
        try:
            start_again(self._handles[worker], self._deadline)
        except (WorkerDied, WorkerTimeout):
            self._lost.add(worker)
            if len(self._lost) == len(self._handles):
                raise
        self._restarts[worker] += 1

    def _result(self, batch: Batch) -> list[Any]:
        try:
            answers: list[Any] = self._handles[batch.worker].result(batch.pending, self._deadline)
            return answers
        finally:
            self._outstanding[batch.worker] -= len(batch.jobs)

    def each(self, jobs: Sequence[Any], jobs_per_batch: int) -> Iterator[tuple[int, Any]]:
        """Each job's index with its answer."""
        batches = (jobs[start : start + jobs_per_batch] for start in range(0, len(jobs), jobs_per_batch))
        return enumerate(chain.from_iterable(self.in_order(batches)))

    def in_order(self, batches: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        """The answers to each batch. Batches are taken as there is room for them: two are on their way for each worker,
        so memory is bounded."""
        waiting: deque[Batch] = deque()
        for batch in batches:
            waiting.append(self.submit(batch))
            if len(waiting) == 2 * len(self._handles):
                yield self.result(waiting.popleft())
        for pending in waiting:
            yield self.result(pending)

    def stop(self) -> None:
        for handle in self._handles:
            handle.stop()
