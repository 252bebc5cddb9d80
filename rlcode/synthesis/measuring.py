"""What a gate has to find out about each row by itself: the same function here, or in actors of a Ray cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rlcode.synthesis.rejection import Row, in_batches
from rlcode.workers.handle import WorkerSpec
from rlcode.workers.pool import Pool

if TYPE_CHECKING:
    from rlcode.cluster import JoinedCluster
    from rlcode.synthesis.settings import GatesConfig

M = TypeVar("M")
Measure = Callable[[Sequence[Row]], M]
MEASURED_FIELDS = ("prompt", "reference")  # tests and metadata need not travel


class Measuring(Protocol):
    """Takes rows in blocks and gives each block back, in order, with what `measure` says of it.

    `measure` sees the MEASURED_FIELDS of the rows, remembers nothing, and can be pickled.
    """

    def __call__(
        self, measure: Measure[M], rows: Iterable[Row], rows_per_block: int
    ) -> Iterator[tuple[list[Row], M]]: ...


def measured_here(measure: Measure[M], rows: Iterable[Row], rows_per_block: int) -> Iterator[tuple[list[Row], M]]:
    """In this process."""
    for block in in_batches(rows, rows_per_block):
        yield block, measure(_measured_fields(block))


class MeasuredOverCluster:
    """In `gates.workers` actors of a running Ray cluster. Two blocks are on their way for each."""

    def __init__(self, config: GatesConfig, cluster: JoinedCluster):
        self._config, self._cluster = config, cluster

    def __call__(self, measure: Measure[M], rows: Iterable[Row], rows_per_block: int) -> Iterator[tuple[list[Row], M]]:
        sent: deque[list[Row]] = deque()

        def jobs() -> Iterator[list[list[Row]]]:
            for block in in_batches(rows, rows_per_block):
                sent.append(block)
                yield [_measured_fields(block)]

        with self._cluster.actors(self._specs(measure)) as handles:
            for answers in Pool(handles, "measure", self._config.deadline_seconds).in_order(jobs()):
                yield sent.popleft(), answers[0]

    def _specs(self, measure: Measure[M]) -> list[WorkerSpec]:
        from rlcode.cluster import cpu_environment  # brings torch, which a gate in this process can do without

        config = self._config
        return [
            WorkerSpec(
                name=f"gate-{index}",
                kind=MeasureWorker,
                args=(measure,),
                cpus=config.cpus_per_worker,
                gpus=config.gpus_per_worker,
                spread=True,
                environment=cpu_environment(config.workers, config.gpus_per_worker),
            )
            for index in range(config.workers)
        ]


class MeasureWorker:
    """Measures blocks of rows on its node."""

    def __init__(self, measure: Measure[Any]):
        self._measure = measure

    def measure(self, blocks: Sequence[Sequence[Row]]) -> list[Any]:
        return [self._measure(block) for block in blocks]

    def close(self) -> None:
        """Its process ends with it."""


def _measured_fields(block: Iterable[Row]) -> list[Row]:
    return [{name: row[name] for name in MEASURED_FIELDS if name in row} for row in block]
