"""What programs do, for the stages: verdicts of the real judge, and how much of a program its tests run.

On one machine the judge is in this process. Where there is a Ray cluster, `judge.workers` actors share the programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict

from rlcode.cluster import JoinedCluster, judge_specs
from rlcode.config import JudgeConfig
from rlcode.step_log import check_verdicts
from rlcode.synthesis.coverage import Coverage, measure_coverage
from rlcode.workers.judge import JudgeWorker, open_judge
from rlcode.workers.pool import Pool
from sandbox import Judge, Test, Verdict

Program = tuple[str, Sequence[Test]]
TestFile = tuple[str, str]  # a solution and the pytest file that imports it
PROGRAMS_PER_SLOT = 4  # in one message to a worker


class Judging:
    """Programs in, verdicts out. An infra_error that comes twice is handed out as such.

    Raises RunStopped when more programs could not be judged than `max_infra_error_share` allows: that says something
    about the machine and nothing about the rows. Raises ClusterTooSmall for a cluster that does not do.
    """

    def __init__(self, config: JudgeConfig, cluster: JoinedCluster | None):
        self._config, self._cluster = config, cluster
        self.limits = asdict(config.limits)
        self._opened: Here | OverCluster | None = None

    def verdicts(self, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        judges = self._judges
        again, all_verdicts = [], []
        for index, verdict in judges.run(programs):
            if verdict.outcome == "infra_error":
                again.append(index)
            else:
                all_verdicts.append(verdict)
                yield index, verdict
        second = [(again[place], verdict) for place, verdict in judges.run([programs[index] for index in again])]
        check_verdicts([*all_verdicts, *(verdict for _, verdict in second)], self._config.max_infra_error_share)
        yield from second

    def coverages(self, files: Sequence[TestFile]) -> Iterator[tuple[int, Coverage | None]]:
        """Each file's index with what it runs of its solution; None where that could not be measured."""
        yield from self._judges.cover(files)

    @property
    def _judges(self) -> Here | OverCluster:
        """Started when there is something to judge."""
        if self._opened is None:
            self._opened = OverCluster(self._config, self._cluster) if self._cluster else Here(self._config)
        return self._opened

    def close(self) -> None:
        """Until there is something to judge again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class Here:
    """The judge of this process."""

    def __init__(self, config: JudgeConfig):
        self._judge = open_judge(config)

    def run(self, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        return self._judge.run_many(programs)

    def cover(self, files: Sequence[TestFile]) -> Iterator[tuple[int, Coverage | None]]:
        return cover_all(self._judge, files)

    def close(self) -> None:
        self._judge.close()


class CoveringJudge(JudgeWorker):
    """The judge of a node, which also says how much of a solution a test file runs."""

    def cover(self, files: list[TestFile]) -> list[Coverage | None]:
        return [coverage for _, coverage in cover_all(self._judge, files)]


class OverCluster:
    """Judges in actors of a running Ray cluster."""

    def __init__(self, config: JudgeConfig, cluster: JoinedCluster):
        self._actors = ExitStack()
        handles = self._actors.enter_context(cluster.actors(judge_specs(config, CoveringJudge)))
        self._judging = Pool(handles, "judge", config.deadline_seconds)
        self._covering = Pool(handles, "cover", config.deadline_seconds)
        self._per_batch = PROGRAMS_PER_SLOT * config.slots

    def run(self, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        return self._judging.each(programs, self._per_batch)

    def cover(self, files: Sequence[TestFile]) -> Iterator[tuple[int, Coverage | None]]:
        return self._covering.each(files, self._per_batch)

    def close(self) -> None:
        self._actors.close()


def cover_all(judge: Judge, files: Sequence[TestFile]) -> Iterator[tuple[int, Coverage | None]]:
    """In as many slots as the judge has."""
    with ThreadPoolExecutor(judge.workers, thread_name_prefix="coverage") as threads:
        yield from enumerate(threads.map(lambda file: measure_coverage(judge, *file), files))
