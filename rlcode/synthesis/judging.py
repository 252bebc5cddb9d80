"""Verdicts for stages: the real judge, started when there is something to judge, and a second try for infra errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlcode.config import JudgeConfig
from rlcode.step_log import check_verdicts
from sandbox import Judge, Test, Verdict

Program = tuple[str, Sequence[Test]]


class Judging:
    """Programs in, verdicts out. An infra_error that comes twice is handed out as such.

    Raises RunStopped when more programs could not be judged than `max_infra_error_share` allows: that says something
    about the machine and nothing about the rows.
    """

    def __init__(self, config: JudgeConfig):
        self.config = config
        self._judge: Judge | None = None

    @property
    def judge(self) -> Judge:
        if self._judge is None:
            config = self.config
            self._judge = Judge(workers=config.slots, limits=config.limits, allow_unsafe=config.allow_unsafe)
        return self._judge

    def verdicts(self, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        again, all_verdicts = [], []
        for index, verdict in self.judge.run_many(programs):
            if verdict.outcome == "infra_error":
                again.append(index)
            else:
                all_verdicts.append(verdict)
                yield index, verdict
        second = [(again[place], verdict) for place, verdict in self.judge.run_many([programs[i] for i in again])]
        check_verdicts([*all_verdicts, *(verdict for _, verdict in second)], self.config.max_infra_error_share)
        yield from second

    def close(self) -> None:
        if self._judge is not None:
            self._judge.close()
