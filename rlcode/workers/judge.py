"""Judging: an actor around `sandbox.Judge`, and the group of them that programs are sent to as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlcode.config import JudgeConfig
from rlcode.workers.handle import Handle, Pending, WorkerDied
from sandbox import Judge, Test, Verdict

Job = tuple[str, Sequence[Test]]  # program, tests
ATTEMPTS = 3


class JudgeWorker:
    """Holds the judge of one node, with all its slots."""

    def __init__(self, settings: JudgeConfig):
        self._judge = Judge(workers=settings.slots, limits=settings.limits, allow_unsafe=settings.allow_unsafe)
        self.tier = self._judge.tier

    def judge(self, jobs: list[Job]) -> list[Verdict]:
        verdicts = dict(self._judge.run_many(jobs))
        return [verdicts[index] for index in range(len(jobs))]

    def isolation(self) -> str:
        return self.tier

    def close(self) -> None:
        self._judge.close()


@dataclass(frozen=True)
class JudgeBatch:
    """Jobs on their way to a verdict."""

    jobs: list[Job]
    worker: int
    start: int  # which start of that worker took them
    pending: Pending


class JudgeGroup:
    """All judge workers. Batches go to the one with the least to do; a dead one's batches are moved."""

    def __init__(self, handles: list[Handle], deadline_seconds: float):
        self._handles = handles
        self._deadline = deadline_seconds
        self._outstanding = [0] * len(handles)
        self._restarts = [0] * len(handles)

    @property
    def restarts(self) -> int:
        """How often a judge that died was started again."""
        return sum(self._restarts)

    @property
    def tier(self) -> str:
        """How the first judge isolates programs."""
        return str(self._handles[0].call("isolation", deadline_seconds=self._deadline))

    def submit(self, jobs: list[Job]) -> JudgeBatch:
        """Start judging; the answer is waited for with `result`."""
        worker = min(range(len(self._handles)), key=self._outstanding.__getitem__)
        self._outstanding[worker] += len(jobs)
        return JudgeBatch(jobs, worker, self._restarts[worker], self._handles[worker].submit("judge", jobs))

    def result(self, batch: JudgeBatch) -> list[Verdict]:
        """Verdicts in the order of the jobs. A batch whose judge died is judged again, `ATTEMPTS` times at most."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._result(batch)
            except WorkerDied:
                if attempt == ATTEMPTS:
                    raise
                if batch.start == self._restarts[batch.worker]:  # not yet started again for another of its batches
                    self._handles[batch.worker].start()
                    self._restarts[batch.worker] += 1
                batch = self.submit(batch.jobs)
        raise AssertionError("unreachable")

    def _result(self, batch: JudgeBatch) -> list[Verdict]:
        try:
            verdicts: list[Verdict] = self._handles[batch.worker].result(batch.pending, self._deadline)
            return verdicts
        finally:
            self._outstanding[batch.worker] -= len(batch.jobs)

    def stop(self) -> None:
        for handle in self._handles:
            handle.stop()
