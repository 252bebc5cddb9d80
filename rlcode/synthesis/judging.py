"""Verdicts for stages: the real judge, and a second try for what it could not judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rlcode.config import JudgeConfig
from rlcode.step_log import check_verdicts
from sandbox import Judge, Test, Verdict

Program = tuple[str, Sequence[Test]]
VerdictsOf = Callable[[Sequence[Program]], Iterator[tuple[int, Verdict]]]


def open_judge(config: JudgeConfig) -> Judge:
    return Judge(workers=config.slots, limits=config.limits, allow_unsafe=config.allow_unsafe)


def verdicts(judge: Judge, config: JudgeConfig) -> VerdictsOf:
    """Verdicts as they come, those that were an infra_error twice among them.

    Raises RunStopped when more programs could not be judged than `max_infra_error_share` allows: that is no property of
    the rows, and rejecting them for it would be wrong.
    """

    def verdicts_of(programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        again = []
        for index, verdict in judge.run_many(programs):
            if verdict.outcome == "infra_error":
                again.append(index)
            else:
                yield index, verdict
        second = [(again[index], verdict) for index, verdict in judge.run_many([programs[index] for index in again])]
        judged = len(programs) - len(again)
        if second:
            check_verdicts([verdict for _, verdict in second], config.max_infra_error_share * (1 + judged / len(second)))
        yield from second

    return verdicts_of
