"""Judging: an actor around `sandbox.Judge`, and the group of them that programs are sent to as they are written."""

from __future__ import annotations

from collections.abc import Sequence

from rlcode.config import JudgeConfig
from rlcode.workers.handle import Handle
from rlcode.workers.pool import Pool
from sandbox import Judge, Test, Verdict

Job = tuple[str, Sequence[Test]]  # program, tests


def open_judge(settings: JudgeConfig) -> Judge:
    return Judge(
        workers=settings.slots,
        limits=settings.limits,
        allow_unsafe=settings.allow_unsafe,
        verdicts_kept=settings.verdicts_kept,
    )


class JudgeWorker:
    """Holds the judge of one node, with all its slots."""

    def __init__(self, settings: JudgeConfig):
        self._judge = open_judge(settings)
        self.tier = self._judge.tier

    def judge(self, jobs: list[Job]) -> list[Verdict]:
        verdicts = dict(self._judge.run_many(jobs))
        return [verdicts[index] for index in range(len(jobs))]

    def isolation(self) -> str:
        return self.tier

    def close(self) -> None:
        self._judge.close()


class JudgeGroup(Pool):
    """All judge workers: jobs in, verdicts out."""

    def __init__(self, handles: list[Handle], deadline_seconds: float):
        super().__init__(handles, "judge", deadline_seconds)

    @property
    def tier(self) -> str:
        """How the first judge isolates programs."""
        return str(self._handles[0].call("isolation", deadline_seconds=self._deadline))
