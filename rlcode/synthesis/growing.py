"""Who grows the problems: threads of this process, or actors of a Ray cluster where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from rlcode.cluster import joined_cluster
from rlcode.config import GrowConfig
from rlcode.problems import Problem
from rlcode.synthesis.grow import Growth, grow
from rlcode.synthesis.oracle import Oracle
from rlcode.workers.handle import WorkerSpec
from rlcode.workers.pool import Pool

Job = tuple[Problem, Sequence[str]]  # a problem and the sampled programs for it
DEADLINE_SECONDS = 3600  # for one problem; most take seconds


def grow_each(jobs: Sequence[Job], config: GrowConfig) -> Iterator[Growth]:
    """One growth a job, in order, `config.workers` at a time."""
    with joined_cluster(config.cluster, config.output_dir / "workers") as cluster:
        if cluster is None:
            yield from _here(jobs, config)
            return
        specs = [WorkerSpec(f"grow-{index}", GrowWorker, (config,), spread=True) for index in range(config.workers)]
        with cluster.actors(specs) as handles:
            for _, growth in Pool(handles, "grow", DEADLINE_SECONDS).each(jobs, 1):
                yield growth


def _here(jobs: Sequence[Job], config: GrowConfig) -> Iterator[Growth]:
    with Oracle(config.workers) as oracle, ThreadPoolExecutor(config.workers) as threads:
        yield from threads.map(lambda job: _grow(job, oracle, config), jobs)


class GrowWorker:
    """Grows one problem at a time on its node."""

    def __init__(self, config: GrowConfig):
        self._config, self._oracle = config, Oracle(1)

    def grow(self, jobs: Sequence[Job]) -> list[Growth]:
        return [_grow(job, self._oracle, self._config) for job in jobs]

    def close(self) -> None:
        self._oracle.close()


def _grow(job: Job, oracle: Oracle, config: GrowConfig) -> Growth:
    problem, samples = job
    return grow(problem, oracle, samples, (), config.draws, config.tests, config.seed, config.fill)
